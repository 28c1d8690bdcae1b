%% Processes for sample_bench.py: they wait, or wake now and then, each at its own time, and do a little.
-module(bench_sample).

-export([start/2, wait/0, wake/1]).

start(idle, Count) ->
    [spawn(?MODULE, wait, []) || _ <- lists:seq(1, Count)],
    ok;
start(waking, Count) ->
    [spawn(?MODULE, wake, [rand:uniform(1000)]) || _ <- lists:seq(1, Count)],
    ok.

wait() ->
    receive never -> ok end.

wake(Ms) ->
    receive never -> ok after Ms -> lists:sum(lists:seq(1, 100)) end,
    wake(1000).
