%% Processes with every kind of name a process can have, started again and again by one that is traced.
-module(names).

-export([start/0, registered/0, labelled/0, waits/0, brief/0, init/1, handle_info/2]).

start() ->
    register(names, spawn(fun loop/0)).

loop() ->
    _ = gen_server:start(?MODULE, [], []),
    [spawn(?MODULE, F, []) || F <- [registered, labelled, waits, brief]],
    proc_lib:spawn(?MODULE, brief, []),
    timer:sleep(350),
    loop().

registered() ->
    receive after 150 -> ok end, % meanwhile it is asked for its name
    register(names_registered, self()),
    receive after 150 -> ok end.

%% Labels are new in OTP 27.
labelled() ->
    _ = erlang:function_exported(proc_lib, set_label, 1) andalso apply(proc_lib, set_label, [{shard, 7}]),
    waits().

waits() ->
    receive after 300 -> ok end.

brief() ->
    ok.

init([]) ->
    {ok, none, 300}.

handle_info(timeout, State) ->
    {stop, normal, State}.
