%% The budget: how much slower traced processes may become (`--overhead`). The relay counts calls and the time the processes ran,
%% in the node's own stamps; when a window of that cost more than the budget, the controller switches off the functions that
%% made most of it: their time is then their callers'. When there is room for one again it is switched on. What was stamped
%% before the last decision says nothing about it. Part of the agent's one module (agent.erl).

%%% Relay --------------------------------------------------------------------------------------------------

%% A window: `base` has the counts at its begin, by slot, `run_ns` is how long traced processes ran in it, `events` how many they
%% made. A function's slot is its id; collections have that of the id 0 and are switched off as `gc`, each is as many events as it
%% costs (`gc_events`); being scheduled out has ?OUTS and is switched off as `running`: a time slice is 4,000 reductions, which
%% is ten microseconds of tiny functions. A process that is found waiting then has it switched on again.
%%
%% What an event costs is not known well on a busy machine: at first it is taken for twice what it cost our own process
%% (`least_ns`), but never for more than a window took for each of its own.
%%
%% `off` has what is switched off: {Calls, Since}, in that window, and the tick; `times` how often each has been. `kept` are
%% functions that stay on. `decided` is the stamp of a decision whose window has not begun, or pending while it is carried out.
%% While too many events wait calls are `paused`.
-record(o, {budget, least_ns, event_ns, gc_events, counts, base = #{}, run_ns = 0, events = 0, decided = none, quiet = 0,
            paused = false, off = #{}, times = #{}, kept = #{}}).

-define(WINDOW_NS, 5000000).        % of running, before it is judged
-define(WINDOW_MAX_NS, 100000000).  % of running, before it is forgotten
-define(REST_TICKS, 20).            % how long a function stays off, at least; twice as long each time
-define(QUIET_TICKS, 10).           % without a whole window, after which there is room
-define(BACKLOG, 20000).            % events that wait in the relay's queue, at which calls are paused
-define(PROBES, 500).               % calls that show what an event costs

budget(Percent, {EventNs, GcNs}, Kept) ->
    Least = max(1, EventNs),
    #o{budget = Percent / 100, least_ns = Least, event_ns = 2 * Least, gc_events = GcNs div Least,
       counts = counters:new(?COUNTED + 1, []), kept = Kept}.

count(Slot, #r{overhead = #o{counts = Counts}}) when is_integer(Slot) -> counters:add(Counts, Slot + 1, 1);
count(_, _) -> ok.

%% A process ran until then.
ran(#p{ran = Since}, Until, R = #r{overhead = O = #o{run_ns = Ns}}) when is_integer(Since), Until > Since ->
    R#r{overhead = O#o{run_ns = Ns + Until - Since}};
ran(_, _, R) -> R.

%% After every few events; Now is the stamp of the last.
judge(_, _, R = #r{overhead = none}) -> R;
judge(_, _, R = #r{overhead = #o{decided = pending}}) -> R;
judge(Now, _, R = #r{overhead = #o{decided = Decided}}) when is_integer(Decided), Now < Decided -> R;
judge(_, _, R = #r{overhead = #o{decided = Decided}}) when is_integer(Decided) -> begin_window(R);
judge(_, Ids, R = #r{overhead = O0}) ->
    #o{run_ns = RunNs, budget = Budget, base = #{0 := Collected}} = O0,
    Events = O0#o.events + ?CHECK_EVENTS,
    Worth = Events + (counters:get(O0#o.counts, 1) - Collected) * O0#o.gc_events,
    O = O0#o{events = Events,
             event_ns = case RunNs < ?WINDOW_NS of
                            true -> O0#o.event_ns;
                            false -> max(O0#o.least_ns, min(O0#o.event_ns, RunNs div Worth))
                        end},
    Cost = Worth * O#o.event_ns,
    Allowed = Budget * max(RunNs - Cost, RunNs div 100),
    if
        RunNs < ?WINDOW_NS -> R#r{overhead = O};
        Cost > Allowed -> switch_off(most(Cost - Allowed, Ids, O), O, R);
        RunNs < ?WINDOW_MAX_NS -> R#r{overhead = O};
        true -> on_again(Allowed / 2 - Cost, begin_window(R#r{overhead = O}), O)
    end.

switch_off([], O, R) -> begin_window(R#r{overhead = O});
switch_off(Most, O, R = #r{control = Control, ticks = Now}) ->
    Control ! {switch, [What || {_, What} <- Most], []},
    {Off, Times} = lists:foldl(fun({Calls, What}, {Offs, All}) ->
                                       {Offs#{What => {Calls, Now}}, maps:update_with(What, fun(N) -> N + 1 end, 1, All)}
                               end, {O#o.off, O#o.times}, Most),
    R#r{overhead = O#o{off = Off, times = Times, decided = pending}}.

begin_window(R = #r{overhead = O, next_function = Next}) ->
    Slots = [?OUTS | lists:seq(0, min(Next, ?COUNTED) - 1)],
    Base = maps:from_list([{Slot, counters:get(O#o.counts, Slot + 1)} || Slot <- Slots]),
    R#r{overhead = O#o{base = Base, run_ns = 0, events = 0, decided = none, quiet = 0}}.

%% What made most of the window, until the rest costs so much less: a call is two events.
most(TooMuch, Ids, #o{counts = Counts, base = Base, event_ns = EventNs, kept = Kept, gc_events = GcEvents}) ->
    Called = maps:to_list(maps:without([undefined | maps:keys(Kept)], Ids)),
    Calls = [{Weight * (counters:get(Counts, Slot + 1) - maps:get(Slot, Base, 0)), What} ||
                {What, Slot, Weight} <- [{gc, 0, 1 + GcEvents div 2}, {running, ?OUTS, 1} | [{MFA, Id, 1} || {MFA, Id} <- Called]],
                is_integer(Slot), Slot =< ?OUTS],
    most(TooMuch / (2 * EventNs), lists:reverse(lists:sort(Calls))).

most(Left, [{Calls, _} = Most | Rest]) when Left > 0, Calls > 0 -> [Most | most(Left - Calls, Rest)];
most(_, _) -> [].

%% At a tick: where nearly nothing is traced any more there are no windows, and room there is.
rested(R = #r{overhead = O = #o{decided = none, quiet = Quiet, run_ns = RunNs}}) when RunNs < ?WINDOW_MAX_NS ->
    case Quiet >= ?QUIET_TICKS of
        true -> on_again(1, R#r{overhead = O#o{quiet = 0}}, O);
        false -> R#r{overhead = O#o{quiet = Quiet + 1}}
    end;
rested(R) -> R.

%% One at a time, the one that was called least first: what it costs by now only a trial tells.
on_again(Room, R = #r{control = Control, ticks = Ticks}, O) ->
    Rested = [{Calls, What} || {What, {Calls, Since}} <- maps:to_list(O#o.off),
                               Ticks - Since >= ?REST_TICKS bsl min(maps:get(What, O#o.times) - 1, 6)],
    case lists:sort(Rested) of
        [{_, On} | _] when Room > 0 ->
            Control ! {switch, [], [On]},
            R#r{overhead = (R#r.overhead)#o{off = maps:remove(On, O#o.off), decided = pending}};
        _ -> R
    end.

%% A queue that grows is not let grow: what is not seen of the calls is their callers', as if they were switched off.
backlog(_, R = #r{overhead = none}) -> R;
backlog(Queue, R = #r{overhead = O = #o{paused = false, decided = Decided}, control = Control})
  when Queue > ?BACKLOG, Decided =/= pending ->
    Control ! {calls, false},
    R#r{overhead = O#o{paused = true, decided = pending}};
backlog(Queue, R = #r{overhead = O = #o{paused = true}, control = Control}) when Queue < ?BACKLOG div 10 ->
    Control ! {calls, true},
    R#r{overhead = O#o{paused = false}};
backlog(_, R) -> R.

%% A process that waits, and of which nobody says so.
waits(R = #r{overhead = O = #o{off = #{running := _} = Off, decided = Decided}, control = Control}) when Decided =/= pending ->
    Control ! {switch, [], [running]},
    R#r{overhead = O#o{off = maps:remove(running, Off), decided = pending}};
waits(R) -> R.

is_running_seen(#r{overhead = #o{off = #{running := _}}}) -> false;
is_running_seen(_) -> true.

decided(Stamp, R = #r{overhead = O = #o{}}) -> R#r{overhead = O#o{decided = Stamp}};
decided(_, R) -> R.

%% What the output says: what has been off, and how often each was seen.
overhead_facts(_, #r{overhead = none}) -> [{"overhead", "full"}];
overhead_facts(Ids, #r{overhead = #o{budget = Budget, times = Times, counts = Counts}}) ->
    Slots = Ids#{gc => 0, running => ?OUTS},
    Seen = lists:reverse(lists:sort([{counters:get(Counts, maps:get(What, Slots) + 1), What} || What <- maps:keys(Times)])),
    [{"overhead", [integer_to_list(round(100 * Budget)), "%"]} |
     [Fact || Seen =/= [], Fact <- [{"folded", integer_to_list(length(Seen))},
                                    {"folded_names", lists:join(", ", [[what_text(What), " ", integer_to_list(Count)] ||
                                                                          {Count, What} <- Seen])}]]].

what_text(gc) -> "[gc]";
what_text(running) -> "[runnable]";
what_text({M, F, A}) -> spoken(M, F, A).

%%% Controller ----------------------------------------------------------------------------------------------

set_budget(_, full) -> ok;
set_budget(C = #c{relay = Relay}, Percent) ->
    Relay ! {budget, Percent, costs(C), maps:from_keys(C#c.functions, [])}.

%% While a traced process runs hot every change of a pattern waits for its time slices, each full of traced calls: so its calls
%% are not traced meanwhile. What it returns from is.
switch(C = #c{relay = Relay, off = Off0, watched = Watched}, Off, On) ->
    flag_all(C, call, false),
    [flag_all(C, flag_of(What), false) || What <- Off, is_atom(What)],
    [catch pattern(C, MFA, false) || MFA <- Off, is_tuple(MFA)],
    [catch pattern(C, MFA, C#c.spec) || MFA <- On, is_tuple(MFA)],
    [flag_all(C, flag_of(What), true) || What <- On, is_atom(What)],
    flag_all(C, call, true),
    Relay ! {decided, erlang:monotonic_time(nanosecond)},
    C1 = C#c{off = maps:merge(maps:without(On, Off0), maps:from_keys(Off, []))},
    Probed = lists:usort([M || {M, _, _} = MFA <- Off, maps:get(M, Watched, none) =:= MFA]),
    C1#c{watched = lists:foldl(fun(M, Sum) -> Sum#{M := probe(C1, M)} end, Watched, Probed)}.

flag_of(gc) -> garbage_collection;
flag_of(running) -> running.

flag_all(C = #c{pids = Pids}, Flag, On) -> [catch flag(C, Pid, Flag, On) || Pid <- maps:keys(Pids)].

flag(#c{api = session, session = Session}, Pid, Flag, On) -> trace:process(Session, Pid, On, [Flag]);
flag(#c{api = legacy, relay = Relay}, Pid, Flag, On) -> erlang:trace(Pid, On, [Flag | [{tracer, Relay} || On]]).

%% {EventNs, GcNs}: what an event of a call, and the two of a collection, cost a traced process here: the same work, not traced and
%% traced, by a process of our own. The least of several, so that nothing is taken for cost that was none.
costs(C) ->
    Probed = {lists, nthtail, 2},
    pattern(C, Probed, ?CALLS),
    Calls = cost(C, fun() -> probe_calls(?PROBES) end),
    pattern(C, Probed, false),
    {Calls div (2 * ?PROBES), cost(C, fun() -> [erlang:garbage_collect() || _ <- lists:seq(1, ?PROBES div 10)] end) div (?PROBES div 10)}.

cost(C, Work) ->
    Pairs = [{took(C, Work, false), took(C, Work, true)} || _ <- lists:seq(1, 5)],
    max(0, lists:min([Traced || {_, Traced} <- Pairs]) - lists:min([Bare || {Bare, _} <- Pairs])).

took(C = #c{relay = Relay}, Work, Traced) ->
    {Pid, Ref} = spawn_monitor(fun() ->
                                       receive go -> ok end,
                                       Begin = erlang:monotonic_time(nanosecond),
                                       Work(),
                                       exit({took, erlang:monotonic_time(nanosecond) - Begin})
                               end),
    Relay ! {ours, Pid},
    Traced andalso trace_process(C, Pid, true),
    Pid ! go,
    receive {'DOWN', Ref, process, Pid, {took, Ns}} -> Ns end.

probe_calls(0) -> ok;
probe_calls(N) ->
    lists:nthtail(1, [a]),
    probe_calls(N - 1).
