%% Every way to call a function: the one that ran is the frame.
-module(truth_call).
-behaviour(gen_server).

-export([applies/0, funs/0, comprehensions/0, nested/0, serves/0, truth/1]).
-export([target/1, init/1, handle_call/3, handle_cast/2, handle_info/2]).

applies() ->
    Module = truth:same(?MODULE),
    Module:target(1),
    apply(Module, target, truth:same([2])),
    erlang:apply(?MODULE, truth:same(target), [3]),
    truth:burn(rest, 100).

target(X) -> X.

held() -> truth:same(fun local/1).

local(X) -> X.

funs() ->
    Added = truth:same(10),
    Environment = truth:same(fun(X) -> X + Added end),
    External = truth:same(fun ?MODULE:target/1),
    Environment(1),
    Environment(2),
    External(3),
    (held())(3),
    apply(truth:same(External), truth:same([4])),
    [11, 12, 13] = lists:map(Environment, [1, 2, 3]),
    [2, 4, 6] = lists:map(fun(X) -> 2 * X end, [1, 2, 3]),
    truth:burn(rest, 100).

comprehensions() ->
    List = truth:same([1, 2, 3, 4]),
    [3, 4, 5] = plus_two(tl(List)),
    <<2, 3, 4, 5>> = increased(list_to_binary(List)),
    truth:burn(rest, 100).

nested() ->
    [{1, x}, {1, y}, {2, x}, {2, y}] = pairs(truth:same([1, 2]), truth:same([x, y])),
    truth:burn(rest, 100).

plus_two(List) -> [target(X) + 1 || X <- List].

increased(Bytes) -> << <<(target(X) + 1)>> || <<X>> <= Bytes >>.

pairs(As, Bs) -> [{A, B} || A <- As, B <- Bs].

serves() ->
    {ok, Server} = gen_server:start_link(?MODULE, [], []),
    truth:began(calls),
    call(Server, 10),
    truth:ended(calls),
    gen_server:cast(Server, work),
    gen_server:cast(Server, work),
    truth:nap(casts, 200),
    Server ! anything,
    gen_server:stop(Server),
    done.

call(_, 0) -> ok;
call(Server, N) -> served = gen_server:call(Server, serve), call(Server, N - 1).

init([]) -> {ok, none}.
handle_call(serve, _From, State) -> truth:burn(served, 20), {reply, served, State}.
handle_cast(work, State) -> truth:burn(worked, 50), {noreply, State}.
handle_info(anything, State) -> {noreply, State}.

truth(applies) ->
    [{"applies/0", 1}, {"applies/0;target/1", 3}];
truth(funs) ->
    [{"funs/0", 1},
     {"funs/0;funs/0-fun-0", 2}, {"funs/0;target/1", 2},
     {"funs/0;held/0", 1}, {"funs/0;local/1", 1},
     {"funs/0;lists:map/2", 2}, {"funs/0;lists:map/2;funs/0-fun-0", 3},
     {"funs/0;lists:map/2;funs/0-fun-1", 3}];
truth(comprehensions) ->
    %% What the compiler makes of it: a list comprehension recurs in its body, once an element and once at the end of
    %% the list; a binary comprehension is a loop. Both are called last, in the place of their function.
    [{"comprehensions/0", 1}, {"comprehensions/0;erlang:list_to_binary/1", 1},
     {"comprehensions/0;plus_two/1", 1}, {"comprehensions/0;increased/1", 1},
     {"comprehensions/0;increased/1-lbc-0", 5}, {"comprehensions/0;increased/1-lbc-0;target/1", 4}]
        ++ [{"comprehensions/0;" ++ truth:times("plus_two/1-lc-0", Depth), 1} || Depth <- lists:seq(1, 4)]
        ++ [{"comprehensions/0;" ++ truth:times("plus_two/1-lc-0", Depth) ++ ";target/1", 1} ||
               Depth <- lists:seq(1, 3)];
truth(nested) ->
    %% lc-0 goes over [1, 2], lc-1 over [x, y]. Each calls the other last: lc-0 for its element's [x, y], lc-1 at the
    %% end of its list for the rest of [1, 2]. So that end, and the next [x, y], are at the same depth.
    [{"nested/0", 1}, {"nested/0;pairs/2", 1}]
        ++ [{"nested/0;" ++ truth:times("pairs/2-lc-1", Depth) ++ ";pairs/2-lc-0", 1} || Depth <- [0, 2, 4]]
        ++ [{"nested/0;" ++ truth:times("pairs/2-lc-1", Depth), Calls} ||
               {Depth, Calls} <- [{1, 1}, {2, 1}, {3, 2}, {4, 1}, {5, 1}]];
truth(serves) ->
    [{"serves/0", 1}, {"serves/0;gen_server:start_link/3", 1}, {"serves/0;gen_server:stop/1", 1},
     {"serves/0;call/2", 11}, {"serves/0;call/2;gen_server:call/2", 10},
     {"serves/0;gen_server:cast/2", 2}, {"serves/0;call/2;gen_server:call/2", calls},
     {"init/1", 1},
     {"handle_call/3", 10}, {"handle_call/3", served},
     {"handle_cast/2", 2}, {"handle_cast/2", worked},
     {"handle_info/2", 1}].
