%% Programs for snapshots, whose counts are the same in every run, whatever the machine does meanwhile. test_snap.py has what
%% plain/1 calls, worked out from here.
-module(counted).

-export([start/0, load/1, unload/0, plain/1, price/1, maps/1, closures/1, collects/1, waits/1, serves/1, spawns/1, bifs/1, raises/1,
         deep/1, lazy/0, forget/1]).

start() ->
    register(counted_server, spawn(fun server/0)),
    receive stop -> ok end.

server() ->
    receive {From, Ref, N} -> From ! {Ref, N + 1} end,
    server().

%% So many processes that never wait.
load(Count) ->
    persistent_term:put(counted_load, [spawn(fun spin/0) || _ <- lists:seq(1, Count)]),
    ok.

unload() -> [exit(Pid, kill) || Pid <- persistent_term:get(counted_load)], ok.

spin() -> spin().

%% plain/1 once, total/2 N + 1 times, price/1 N times.
plain(N) -> total(N, 0).

total(0, Sum) -> Sum;
total(N, Sum) -> total(N - 1, Sum + price(N)).

price(N) -> N * 3.

%% A map of more than 32 keys is gone through in pieces that are as large as the reductions left allow.
maps(N) ->
    Map = maps:from_list([{I, I} || I <- lists:seq(1, N)]),
    Sum = maps:fold(fun(_, V, Sum) -> V + Sum end, 0, Map),
    {Sum, length(maps:to_list(Map)), map_size(maps:map(fun(_, V) -> V + 1 end, Map))}.

closures(N) ->
    Add = fun(X) -> price(X) end,
    Twice = fun(F, X) -> F(F(X)) end,
    [Twice(Add, I) || I <- lists:seq(1, N)].

collects(N) -> [begin erlang:garbage_collect(), binary:copy(<<I>>, 100000) end || I <- lists:seq(1, N)].

waits(N) -> [begin timer:sleep(1), receive never -> no after 1 -> price(I) end end || I <- lists:seq(1, N)].

serves(N) -> [ask(I) || I <- lists:seq(1, N)].

ask(I) ->
    Ref = make_ref(),
    counted_server ! {self(), Ref, I},
    receive {Ref, Answer} -> price(Answer) end.

%% Whether the monitor's message has come when it is taken off is a matter of luck.
spawns(N) ->
    [begin
         {Pid, Ref} = spawn_monitor(fun() -> price(I) end),
         exit(Pid, normal),
         erlang:demonitor(Ref, [flush])
     end || I <- lists:seq(1, N)].

%% They take more than a time slice, and go on where they were.
bifs(N) ->
    List = lists:duplicate(N, 1),
    {length(lists:reverse(List, [2])), lists:member(3, List), byte_size(term_to_binary(List)), erlang:phash2(List),
     length(List ++ List), length(List -- [1, 1]), binary:matches(binary:copy(<<"ab">>, N), <<"zz">>)}.

raises(N) -> [try erlang:error(I) catch error:I -> price(I) end || I <- lists:seq(1, N)].

deep(0) -> 0;
deep(N) -> price(N) + deep(N - 1).

lazy() -> {counted_lazy:value()}.

forget(Module) ->
    code:purge(Module),
    code:delete(Module),
    code:purge(Module),
    ok.
