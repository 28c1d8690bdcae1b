%% Many kinds of instructions and operands between the functions.
-module(sample).
-export([total/2, parse/1, pick/2, float/2, guarded/1, wait/1, big/1, 'a name'/0, generated/1, far/0, last/0]).

-record(item, {name, price = 0 :: integer(), tags = []}).

total(Items, Rate) -> %@ total/2
    Sum = lists:sum([Price || #item{price = Price} <- Items]), %@ -total/2-lc$^0/1-0-/1
    lists:map(fun(#item{price = P} = I) -> I#item{price = P * Rate div Sum} end, %@ -total/2-fun-1-/3 @ -total/2-inlined-1-/1
              Items).

%% The first clause counts, not what stands above it.
-spec parse(binary()) -> term().
parse(<<"v", Version:16, Size:8/little, Body:Size/binary, Rest/bitstring>>) -> %@ parse/1
    {Version, Body, bit_size(Rest), <<Version:32, 0:4>>};
parse(<<F/float, _/utf8, Rest/binary>>) ->
    {F, parse(Rest)};
parse(<<>>) ->
    none.

pick(Key, Map) -> %@ pick/2
    case Map of
        #{Key := [a | _]} -> Map#{Key => {1, 2.5, "literal"}};
        #{x := one} -> 1;
        #{x := two} -> 2;
        #{x := three} -> 3
    end.

float(A, B) when is_float(A), is_float(B) -> %@ float/2
    A * B + A / B - 1.0e300.

guarded(X) %@ guarded/1
  when X > 1000000, X < 2000000 ->
    try helper(X)
    catch error:{badmatch, _} = Why:Stack -> {Why, Stack}
    after put(done, X)
    end.

helper(X) -> %@ helper/1
    {ok, Y} = get(X),
    Y.

wait(Ms) -> %@ wait/1
    Ref = make_ref(),
    self() ! {Ref, fun helper/1},
    receive
        {Ref, F} -> F(Ms)
    after Ms -> timeout
    end.

big(0) -> 16#123456789abcdef0123456789abcdef0123456789abcdef; %@ big/1
big(1) -> -16#7fffffffffffffff;
big(N) when N band 16#ffffffffff =:= 0 -> N bsl 300.

'a name'() -> %@ a name/0
    <<<<(X + 1)>> || <<X>> <= <<"abc">>>>. %@ -a name/0-lbc$^0/2-0-/2

%% The number is that of the line it stands on.
-file("parser.yrl", 77).
generated(X) -> %@ generated/1 = parser.yrl:78
    X + 1.

-file("far.yrl", 100000).
far() -> %@ far/0 = far.yrl:100001
    far.

-file("sample.erl", 67).
last() -> %@ last/0
    last.
