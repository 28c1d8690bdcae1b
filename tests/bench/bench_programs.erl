%% What overhead_bench.py and soak_bench.py trace: programs from call-dense to such as mostly wait. A program is a list of phases that run one
%% after another, over and over; each takes the program's state and gives the next. The caller keeps a frame beneath them, so
%% that a graph has a frame for each phase, and what a phase takes is known from timing it untraced.
-module(bench_programs).

-export([phases/1, state/1, run/2, timed/3]).
-export([fibonacci/1, counting/1, tiny/1, bulk/1, medium/1, order/1, price/1, book/1, split/1, parse/1, format/1,
         search/1, pack/1, digest/1, sleep/1, work/1]).

phases(fib) -> [fibonacci, counting];
phases(mixed) -> [tiny, bulk, medium];
phases(server) -> [order, price, book];
phases(text) -> [split, parse, format];
phases(sparse) -> [search, pack, digest];
phases(waiting) -> [sleep, work].

state(fib) -> none;
state(mixed) -> #{text => text(8000), list => lists:seq(1, 300)};
state(server) -> #{stock => maps:from_list([{N, 1000000} || N <- lists:seq(1, 500)]), prices => [{N, 7 * N rem 101} || N <- lists:seq(1, 40)],
                   orders => #{}, next => 1};
state(text) -> #{text => iolist_to_binary([io_lib:format("item-~b=~b, ", [N, N * 7919 rem 1009]) || N <- lists:seq(1, 60)])};
state(sparse) -> #{text => text(50000), terms => [{N, N * 7919 rem 1009, <<"a name">>} || N <- lists:seq(1, 800)]};
state(waiting) -> state(text).

text(Bytes) -> binary:copy(<<"the quick brown fox jumps over the lazy dog, ">>, Bytes div 45).

run([Phase | Phases], State) -> run(Phases, ?MODULE:Phase(State));
run([], State) -> State.

%% The same, and to the times spent in each is added what it takes.
timed([Phase | Phases], State, Times) ->
    Begin = erlang:monotonic_time(nanosecond),
    Next = ?MODULE:Phase(State),
    Ns = erlang:monotonic_time(nanosecond) - Begin,
    timed(Phases, Next, maps:update_with(Phase, fun(Sum) -> Sum + Ns end, Ns, Times));
timed([], State, Times) -> {State, Times}.

%%% fib: nothing but calls ----------------------------------------------------------------------------------

fibonacci(State) ->
    fib(22),
    State.

fib(N) when N < 2 -> one(N);
fib(N) -> add(fib(N - 1), fib(N - 2)).

one(_) -> 1.

add(A, B) -> A + B.

%% Each call is a tail call: it has no return.
counting(State) ->
    even(160000),
    State.

even(0) -> true;
even(N) -> odd(N - 1).

odd(0) -> false;
odd(N) -> even(N - 1).

%%% mixed: about half of the time in tiny functions, a third in BIFs, the rest in functions of some size -----

tiny(State) ->
    fib(22),
    State.

bulk(State = #{text := Text}) ->
    bulk(4, Text),
    State.

bulk(0, Text) -> Text;
bulk(N, Text) ->
    binary:matches(Text, <<"fox">>),
    erlang:md5(Text),
    bulk(N - 1, Text).

medium(State = #{list := List}) ->
    medium(320, List, 1),
    State.

medium(0, _, Sum) -> Sum;
medium(N, List, Sum) -> medium(N - 1, List, (Sum + scramble(N, List)) band 16#ffffff).

%% length/1 is compiled inline, as all guard BIFs: it is no traced call.
scramble(N, List) -> N * length(List) bxor length(List) bsl 3.

%%% server: what a gen_server's callback does with its state: maps and lists ---------------------------------

order(State = #{stock := Stock, next := Id}) ->
    Lines = [{1 + (Id * 31 + N * 17) rem 500, 1 + N rem 3} || N <- lists:seq(1, 100)],
    Left = lists:foldl(fun({Item, Count}, Sum) -> maps:update_with(Item, fun(Had) -> Had - Count end, Sum) end, Stock, Lines),
    State#{stock := Left, lines => Lines}.

price(State = #{prices := Prices, lines := Lines}) ->
    Priced = [{Item, Count, Count * proplists:get_value(Item rem 40 + 1, Prices, 0)} || {Item, Count} <- Lines],
    {_, Total} = lists:mapfoldl(fun({_, _, Price} = Line, Sum) -> {Line, Sum + Price} end, 0, Priced),
    State#{total => Total}.

book(State = #{orders := Orders, next := Id, total := Total, lines := Lines}) ->
    Sorted = lists:sort(fun({A, _}, {B, _}) -> A =< B end, Lines),
    Kept = maps:filter(fun(Key, _) -> Key > Id - 20 end, Orders),
    State#{orders := Kept#{Id => {Total, Sorted}}, next := Id + 1}.

%%% text: words out of bytes and bytes out of words -----------------------------------------------------------

split(State = #{text := Text}) ->
    State#{parts => [skip_space(Part) || Part <- binary:split(Text, <<",">>, [global])]}.

skip_space(<<" ", Rest/binary>>) -> skip_space(Rest);
skip_space(Text) -> Text.

parse(State = #{parts := Parts}) ->
    State#{pairs => [parse_pair(Part, <<>>) || Part <- Parts, Part =/= <<>>]}.

parse_pair(<<$=, Rest/binary>>, Name) -> {Name, parse_number(Rest, 0)};
parse_pair(<<C, Rest/binary>>, Name) -> parse_pair(Rest, <<Name/binary, C>>);
parse_pair(<<>>, Name) -> {Name, none}.

parse_number(<<D, Rest/binary>>, N) when D >= $0, D =< $9 -> parse_number(Rest, 10 * N + D - $0);
parse_number(_, N) -> N.

format(State = #{pairs := Pairs}) ->
    Sorted = lists:keysort(2, Pairs),
    State#{formatted => iolist_to_binary([lists:join(", ", [[Name, "=", integer_to_list(N)] || {Name, N} <- Sorted]),
                                          io_lib:format("~p of ~s: ~.2f~n", [length(Pairs), "them", 1.5])])}.

%%% sparse: BIFs on large things -------------------------------------------------------------------------------

search(State = #{text := Text}) ->
    State#{found => length(binary:matches(Text, [<<"fox">>, <<"dog">>]))}.

pack(State = #{terms := Terms}) ->
    State#{packed => byte_size(term_to_binary(maps:from_list([{N, Term} || {N, _, _} = Term <- lists:reverse(Terms)]), [compressed]))}.

digest(State = #{text := Text}) ->
    State#{digest => {erlang:md5(Text), erlang:crc32(Text), erlang:adler32(Text)}}.

%%% waiting ----------------------------------------------------------------------------------------------------

sleep(State) ->
    timer:sleep(10),
    State.

work(State) -> format(parse(split(State))).
