%% Tiny functions as fast as they go, the worst case for a tracer. Idle until switched on:
%% `shop_dense ! on`, `shop_dense ! off`, or $SHOP_DENSE=on when the node starts.
-module(shop_dense).

-export([start_link/0, init/0]).

-define(DEPTH, 15).

start_link() ->
    proc_lib:start_link(?MODULE, init, []).

init() ->
    register(?MODULE, self()),
    proc_lib:init_ack({ok, self()}),
    case os:getenv("SHOP_DENSE") of
        "on" -> work();
        _ -> idle()
    end.

idle() ->
    receive
        on -> work();
        _ -> idle()
    end.

work() ->
    fib(?DEPTH),
    receive
        off -> idle();
        _ -> work()
    after 0 ->
        work()
    end.

fib(N) when N < 2 ->
    one(N);
fib(N) ->
    add(fib(N - 1), fib(N - 2)).

one(_N) ->
    1.

add(A, B) ->
    A + B.
