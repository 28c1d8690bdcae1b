%% Two processes that do the same in turns, and wait for each other: each works half of the time, in time slices of a microsecond.
-module(pingpong).

-export([start/0, stop/0]).

-define(SLICES, 100).

start() ->
    Ping = spawn(fun() -> turns() end),
    register(ping, Ping),
    Pong = spawn(fun() -> turns() end),
    register(pong, Pong),
    Ping ! {turn, Pong},
    true.

stop() -> [exit(whereis(Name), kill) || Name <- [ping, pong]].

turns() ->
    receive
        {turn, Other} ->
            work(?SLICES),
            Other ! {turn, self()},
            turns()
    end.

work(0) -> ok;
work(Slices) ->
    erlang:yield(),
    work(Slices - 1).
