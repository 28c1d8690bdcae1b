%% The node's side of overhead_bench.py: processes that run a program (bench_programs), a meter of how often, and the tracers that flambeau is
%% compared with.
-module(bench_load).

-export([start/2, stop/0, truth/1, now_ns/0, rounds/2, memory/2, agent/0, trace/2]).

-define(SAMPLE_MS, 20).
-define(FLAGS, [call, return_to, arity, running, exiting, garbage_collection, monotonic_timestamp]). % those of the agent
-define(CALLS, [{'_', [], [{message, {caller}}]}]).

%% As many processes, registered as bench_1, bench_2, ...
start(Program, Count) ->
    Rounds = counters:new(1, []),
    Pids = [spawn(fun() -> begin_work(Program, Rounds) end) || _ <- lists:seq(1, Count)],
    [register(list_to_atom("bench_" ++ integer_to_list(N)), Pid) || {N, Pid} <- lists:zip(lists:seq(1, Count), Pids)],
    register(bench_meter, spawn_opt(fun() -> meter(Rounds, []) end, [{priority, high}])),
    register(bench_control, spawn(fun() -> control(Pids, none) end)),
    true.

stop() ->
    Names = [Name || Name <- registered(), lists:prefix("bench_", atom_to_list(Name))],
    [begin
         Ref = monitor(process, Name),
         exit(whereis(Name), kill),
         receive {'DOWN', Ref, process, _, _} -> ok end
     end || Name <- Names],
    true.

begin_work(Program, Rounds) ->
    work(bench_programs:phases(Program), bench_programs:state(Program), Rounds).

%% The receive is no traced call.
work(Phases, State, Rounds) ->
    receive
        {truth, From, Ms} ->
            {Next, Times} = timed(Phases, State, #{}, erlang:monotonic_time(millisecond) + Ms),
            From ! {self(), Times},
            work(Phases, Next, Rounds)
    after 0 ->
        Next = bench_programs:run(Phases, State),
        counters:add(Rounds, 1, 1),
        work(Phases, Next, Rounds)
    end.

timed(Phases, State, Times, Until) ->
    case erlang:monotonic_time(millisecond) >= Until of
        true -> {State, Times};
        false ->
            {Next, More} = bench_programs:timed(Phases, State, Times),
            timed(Phases, Next, More, Until)
    end.

%% #{Phase => Ns} of all processes, for as long.
truth(Ms) ->
    Pids = ask(bench_control, pids),
    [Pid ! {truth, self(), Ms} || Pid <- Pids],
    lists:foldl(fun(Pid, Sums) ->
                        receive {Pid, Times} -> maps:fold(fun(Phase, Ns, Sum) -> Sum#{Phase => Ns + maps:get(Phase, Sum, 0)} end, Sums, Times) end
                end, #{}, Pids).

now_ns() -> erlang:monotonic_time(nanosecond).

meter(Rounds, Samples) ->
    receive
        {ask, From, Ref, samples} ->
            From ! {Ref, Samples},
            meter(Rounds, Samples)
    after ?SAMPLE_MS ->
        meter(Rounds, [{now_ns(), counters:get(Rounds, 1), erlang:memory(total)} | lists:sublist(Samples, 60000 div ?SAMPLE_MS)])
    end.

%% How many rounds a second between two times, by a straight line between the samples next to each.
rounds(From, To) ->
    case ask(bench_meter, samples) of
        [{Last, _, _} | _] = Samples when Last >= To ->
            InOrder = lists:reverse(Samples),
            (at(To, InOrder) - at(From, InOrder)) * 1000000000 div (To - From);
        _ ->
            timer:sleep(?SAMPLE_MS), % the meter is late on a busy machine
            rounds(From, To)
    end.

%% In thousandths of a round.
at(Time, [{T0, R0, _}, {T1, R1, _} | _]) when Time >= T0, Time =< T1, T1 > T0 -> 1000 * R0 + 1000 * (R1 - R0) * (Time - T0) div (T1 - T0);
at(Time, [_ | Samples]) -> at(Time, Samples).

%% At its highest between two times.
memory(From, To) -> lists:max([Bytes || {Ns, _, Bytes} <- ask(bench_meter, samples), Ns >= From, Ns =< To]).

%% Bytes of the whole node, and of flambeau's relay, if it is there: messages that wait, and bytes without them.
agent() ->
    Relays = [[Queue, Words] || P <- processes(),
                                [{_, high}, {_, off_heap}, {_, {M, _, _}}, {_, Queue}, {_, Words}] <-
                                    [process_info(P, [priority, message_queue_data, current_function, message_queue_len, total_heap_size])],
                                lists:prefix("flambeau", atom_to_list(M))],
    [erlang:memory(total) | case Relays of [[Queue, Words] | _] -> [Queue, 8 * Words]; [] -> [0, 0] end].

ask(Name, What) ->
    Ref = monitor(process, Name),
    Name ! {ask, self(), Ref, What},
    receive
        {Ref, Answer} ->
            demonitor(Ref, [flush]),
            Answer;
        {'DOWN', Ref, process, _, Why} ->
            error(Why)
    end.

%%% Tracers, which belong to a process that stays ------------------------------------------------------------

%% {switch, on} answers with the time from which on everything is traced, {switch, off} when nothing is any more.
trace(Tracer, Switch) -> ask(bench_control, {Tracer, Switch}).

control(Pids, State) ->
    receive
        {ask, From, Ref, pids} ->
            From ! {Ref, Pids},
            control(Pids, State);
        {ask, From, Ref, {Tracer, on}} ->
            Next = on(Tracer, Pids),
            From ! {Ref, now_ns()},
            control(Pids, Next);
        {ask, From, Ref, {Tracer, off}} ->
            off(Tracer, Pids, State),
            From ! {Ref, now_ns()},
            control(Pids, none);
        _ ->
            control(Pids, State)
    end.

on(drop, Pids) ->
    Tracer = spawn_opt(fun drop/0, [link, {message_queue_data, off_heap}, {priority, high}]), % as the agent's
    case has_sessions() of
        true ->
            Session = trace:session_create(bench, Tracer, []),
            trace:function(Session, {'_', '_', '_'}, ?CALLS, [local]),
            [trace:process(Session, Pid, true, ?FLAGS) || Pid <- Pids],
            {Tracer, Session};
        false ->
            erlang:trace_pattern({'_', '_', '_'}, ?CALLS, [local]),
            [erlang:trace(Pid, true, [{tracer, Tracer} | ?FLAGS]) || Pid <- Pids],
            {Tracer, none}
    end;
on(eprof, Pids) ->
    {ok, _} = eprof:start(),
    profiling = eprof:start_profiling(Pids);
on(fprof, Pids) ->
    {ok, _} = fprof:start(),
    ok = fprof:trace([start, {procs, Pids}, {file, fprof_file()}]);
on(tprof, Pids) ->
    {ok, _} = tprof:start(#{type => call_time}),
    tprof:set_pattern('_', '_', '_'),
    [tprof:enable_trace(Pid) || Pid <- Pids].

off(drop, Pids, {Tracer, none}) ->
    erlang:trace_pattern({'_', '_', '_'}, false, [local]),
    [erlang:trace(Pid, false, [all]) || Pid <- Pids],
    end_linked(Tracer);
off(drop, _, {Tracer, Session}) ->
    trace:session_destroy(Session),
    end_linked(Tracer);
off(eprof, _, _) ->
    eprof:stop_profiling(),
    eprof:stop();
off(fprof, _, _) ->
    fprof:trace(stop),
    fprof:stop(),
    file:delete(fprof_file());
off(tprof, _, _) ->
    tprof:stop().

drop() -> receive _ -> drop() end.

end_linked(Pid) ->
    unlink(Pid),
    exit(Pid, kill).

has_sessions() -> code:ensure_loaded(trace) =:= {module, trace} andalso erlang:function_exported(trace, session_create, 3).

fprof_file() -> os:getenv("HOME") ++ "/fprof.trace".
