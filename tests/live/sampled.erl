%% A node for test_sample.py: processes of which it is known what they do.
-module(sampled).

-export([start/0, sleeper/0, computing/0, divided/0, deep/1, restless/0, spawner/0, brief/0, lasting/0, crowd/0, many/2, stop/1, 'a;b [gc] <i>'/0]).

start() ->
    [register(Name, spawn(?MODULE, F, Args)) ||
        {Name, F, Args} <- [{sleeper, sleeper, []}, {computing, computing, []}, {divided, divided, []}, {deep, deep, [40]},
                            {restless, restless, []}, {'x;y <b>', 'a;b [gc] <i>', []}]],
    ok.

sleeper() ->
    receive never -> ok end.

computing() ->
    count(200000),
    computing().

%% Three quarters of its time in the one, a quarter in the other.
divided() ->
    three_parts(300000),
    one_part(100000),
    divided().

three_parts(0) -> ok;
three_parts(N) -> three_parts(N - 1).

one_part(0) -> ok;
one_part(N) -> one_part(N - 1).

count(0) -> ok;
count(N) -> count(N - 1).

%% Waits so many frames deep, each of another place so that a stack trace does not merge them.
deep(0) -> receive never -> 0 end;
deep(N) when N rem 2 =:= 0 -> 1 + deep(N - 1);
deep(N) -> 2 + deep(N - 1).

%% Waits in two places in turn.
restless() ->
    one_place(),
    other_place(),
    restless().

one_place() ->
    receive never -> ok after 200 -> ok end.

other_place() ->
    receive never -> ok after 200 -> ok end.

%% A process each quarter of a second, which lives twice as long.
spawner() ->
    spawn(?MODULE, brief, []),
    receive after 250 -> spawner() end.

brief() ->
    receive after 500 -> ok end.

'a;b [gc] <i>'() ->
    receive never -> ok end.

%% Until the tests have seen it.
lasting() ->
    receive after 4000 -> ok end.

crowd() ->
    receive never -> ok end.

many(F, Count) ->
    [spawn(?MODULE, F, []) || _ <- lists:seq(1, Count)].

stop(Pids) ->
    [exit(Pid, kill) || Pid <- Pids],
    ok.
