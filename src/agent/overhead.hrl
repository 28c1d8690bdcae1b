%% The budget: how much slower traced processes may become (`--overhead`). The relay counts calls and the time the processes ran,
%% in the node's own stamps; when a window of that cost more than the budget, the controller switches off the functions that
%% made most of it: their time is then their callers'. When there is room for one again it is switched on. What was stamped
%% before the last decision says nothing about it. Part of the agent's one module (agent.erl).

%%% Relay --------------------------------------------------------------------------------------------------

%% A window: `base` has the counts at its begin, by slot, `begun` is when that was, `run_ns` is how long traced processes ran in it, `events` how many they
%% made. A function's slot is its id; collections have that of the id 0 and are switched off as `gc`, each is as many events as it
%% costs (`gc_events`); being scheduled out has ?OUTS and is switched off as `running`: a time slice is 4,000 reductions, which
%% is ten microseconds of tiny functions. A process that is found waiting then has it switched on again, unless
%% even that alone is more than the budget: then looks tell (looks.hrl). `gaps` has, by the function that was the last to be named, how
%% often a process was seen to wait then, and how often it was looked at; none: being scheduled tells.
%%
%% What an event costs the gauges say (costs.hrl). How wide a function is, the share of the time that it is on the stack, only
%% looking tells: while too much is traced a window has more of the tracing than of the program, and what is off is not in it at all.
%% `looks` have been made at processes that did not wait while what was traced was not `over` the budget, and in so many of them a
%% function was `seen`.
%%
%% There are more processes to be traced in `turns` (turns.hrl). So many events without a place were `kept_judged`. The node is `crowded` where more wants to run than there are schedulers.
%%
%% `pause` is how long what is wide for few calls must be off after a window for the budget to be kept, in ticks.
%%
%% `off` has what is switched off: {Part, Since}, how much of the budget it took in that window, and the tick; `times` how often each has been. `kept` are
%% functions that stay on. `decided` is the stamp of a decision whose window has not begun, or pending while it is carried out; `blind`
%% is since when calls are not traced for it. While too many events wait calls are `paused`.
-record(o, {budget, event_ns = 1, gc_events = 0, counts, base = #{}, run_ns = 0, events = 0, decided = none, quiet = 0,
            paused = false, off = #{}, times = #{}, kept = #{}, gaps = none, begun = none, blind = none, over = true, pause = 1,
            crowded = false, turns = false, kept_judged = 0, looks = 0, seen = #{}, tried = 0, waited = 0}).

-define(WINDOW_NS, 3000000).        % of running, before it is judged
-define(UNFELT, 20).                % of the time, or less, is what they run: nobody feels it, whatever it costs
-define(WINDOW_MAX_NS, 100000000).  % of running, before it is forgotten
-define(REST_TICKS, 100).           % how long stays off what took the whole budget; the rest, as much less of that
-define(NARROW_REST_TICKS, 30).     % ... but so long at least
-define(DOUBLINGS, 6).
-define(PAUSE_MAX, 100).            % ticks
-define(ALIKE, 16).                 % times the calls for its width, or less: off in one decision
-define(TRUNK, 0.9).                % share of the time, of what everything is on top of
-define(BUSIER, 0.6).               % of the calls of the one with most, at least
-define(CROWDED, 2).                % times what an event costs, where the relay's time for it is taken from the others, too
-define(DENSE, 2).                  % times the time that is the program's own: with more of tracing in a window nobody knows what that is
-define(SLIGHT, 3).                 % times the cost, or more, is the time that is the program's own: no hurry
-define(AS_SELDOM, 1.5).            % times the calls of what is called least, at most
-define(TRIAL_TICKS, 5).            % between two trials of what is not missed
-define(AIM, 0.5).                  % of the budget: an event costs more than what the gauges see of it, caches for one, and being traced costs a process
                                    % up to a tenth where its time slices are short, whatever is traced of it
-define(ROOM, 0.75).                % of the budget: with less than that in use something is tried again
-define(WIDE, 0.04).                % share of the time with which a function is missed
-define(QUIET_TICKS, 10).           % without a whole window, after which there is room
-define(BACKLOG, 20000).            % events that wait in the relay's queue, at which calls are paused

-define(STEP, 0.9).                 % of the cost, that one decision takes off at most: the next window is nearer to the truth
-define(FELT, 4).                   % of the time, or more, is what they run: one part in so many
-define(WAITED_TICKS, 3).           % since a process was last found waiting, or the trace began
-define(SELDOM, 100).               % of the calls of a window, one in so many
-define(MUCH, 50).                  % of a window that is mostly tracing, one part in so many
-define(MANY, 20).                  % changes of patterns, which take a process that is traced meanwhile too long
-define(LOOKS_LEAST, 20).           % before which nobody knows how wide anything is
-define(NARROW, 0.02).              % what is seen less often is as wide as that
-define(EVENTS_WIDTH, 0.05).        % of collections and of being scheduled out: so wide that they go before what is wider

budget(Percent, Kept) -> #o{budget = Percent / 100, counts = counters:new(?COUNTED + 1, []), kept = Kept}.

count(Slot, #r{overhead = #o{counts = Counts}}) when is_integer(Slot) -> counters:add(Counts, Slot + 1, 1);
count(_, _) -> ok.

%% A process ran until then.
ran(#p{ran = Since}, Until, R = #r{overhead = O = #o{run_ns = Ns, begun = Begun}}) when is_integer(Since), Until > Since ->
    R#r{overhead = O#o{run_ns = Ns + max(0, Until - if is_integer(Begun) -> max(Since, Begun); true -> Since end)}};
ran(_, _, R) -> R.

%% From when on its running has not been counted: of one that makes events it is known even where being scheduled is switched off.
runs(#p{ran = none}, #r{overhead = none}) -> none;
runs(P = #p{ran = none}, R) -> case is_running_seen(R) of true -> none; false -> P#p.clock end;
runs(P, _) -> P#p.clock.

%% After every few events; Now is the stamp of the last.
judge(_, _, R = #r{overhead = none}) -> R;
judge(Now, _, R) when not is_integer(Now) -> R; % of nobody whose clock is known
judge(_, _, R = #r{overhead = #o{decided = pending}}) -> R;
judge(Now, _, R = #r{overhead = #o{decided = Decided}}) when is_integer(Decided), Now < Decided -> R;
judge(Now, _, R = #r{overhead = #o{decided = Decided}}) when is_integer(Decided) -> begin_window(Now, R);
judge(Now, _, R = #r{overhead = #o{begun = none}}) -> begin_window(Now, R);
judge(Now, Ids, R = #r{overhead = O0, gauge = G}) ->
    #o{budget = Budget, base = #{0 := Collected, ?OUTS := Outs}, begun = Begun} = O0,
    RunNs = run_ns(Now, O0),
    {OwnNs, GcEvents} = event_costs(G),
    EventNs = case O0#o.crowded of true -> ?CROWDED * OwnNs; false -> OwnNs end,
    O = O0#o{events = O0#o.events + ?CHECK_EVENTS, event_ns = EventNs, gc_events = GcEvents},
    Cost = (O#o.events + (counters:get(O#o.counts, 1) - Collected) * GcEvents) * EventNs,
    True = max(RunNs - Cost, RunNs div 100),
    Allowed = ?AIM * Budget * True,
    Scheduling = 2 * (counters:get(O#o.counts, ?OUTS + 1) - Outs) * EventNs,
    Stays = is_waiting(R#r.ticks, O) andalso not (Scheduling > Budget * True andalso RunNs * ?FELT > Now - Begun),
    Less = case Stays of true -> Cost - Scheduling; false -> Cost end, % what may be switched off
    if
        RunNs * ?UNFELT < Now - Begun, Now - Begun > ?WINDOW_NS * ?UNFELT -> unfelt(Now, R#r{overhead = O});
        RunNs < ?WINDOW_NS -> R#r{overhead = O};
        Less > Allowed, ?SLIGHT * Cost =< True, RunNs < ?WINDOW_MAX_NS -> R#r{overhead = O}; % that is not urgent, and known better by then
        Less > Allowed ->
            CallPart = case Cost > ?DENSE * True of true -> dense; false -> 2 * EventNs / (Budget * True) end,
            Most = most(min(Less - Allowed, ?STEP * Less), CallPart, Stays, Ids, O),
            switch_off(Most, CallPart, Cost > True orelse length(Most) >= ?MANY, paused_for(Less / Allowed, Most, CallPart, O), R);
        O#o.turns -> more_turns(R#r{overhead = O#o{over = false}});
        RunNs < ?WINDOW_MAX_NS -> R#r{overhead = O#o{over = false}};
        true -> on_again(?ROOM * Allowed - Less, begin_window(Now, R#r{overhead = O#o{over = false}}), O)
    end.

%% Dense code answers late where it is, and its events are kept until then: what they are made of is known already. They are counted
%% again when they count for a process; then it is before the window of this decision.
judge_kept(Ids, R = #r{overhead = O0 = #o{paused = false, decided = Decided, counts = Counts}}) when Decided =/= pending ->
    From = if is_integer(Decided) -> Decided; is_integer(O0#o.begun) -> O0#o.begun; true -> none end,
    Kept = [P || P = #p{starting = [Last | _], since = Since} <- awaited(R), stamp(Last) - ?WINDOW_NS >= if From =:= none -> Since; true -> max(From, Since) end],
    Many = lists:sum([P#p.started || P <- Kept]),
    case [Since || #p{starting = Events} <- Kept,
                   Since = [_, _ | _] <- [lists:takewhile(fun(Event) -> From =:= none orelse stamp(Event) >= From end, Events)]] of
        [] -> {Ids, R};
        _ when Many < 2 * O0#o.kept_judged -> {Ids, R};
        Some ->
            Virtual = counters:new(?COUNTED + 1, []),
            {Ids1, R1} = lists:foldl(fun(Event, {I, S}) -> count_kept(Event, Virtual, I, S) end, {Ids, R}, lists:append(Some)),
            Begun = lists:min([stamp(lists:last(Events)) || Events <- Some]),
            Window = (R1#r.overhead)#o{counts = Virtual, base = #{0 => 0, ?OUTS => 0}, decided = none, begun = Begun,
                                       run_ns = lists:sum([kept_ran(lists:reverse(Events)) || Events <- Some]),
                                       events = lists:sum([length(Events) || Events <- Some]) - ?CHECK_EVENTS},
            case judge(lists:max([stamp(hd(Events)) || Events <- Some]), Ids1, R1#r{overhead = Window}) of
                R2 = #r{overhead = O = #o{decided = pending}} -> {Ids1, R2#r{overhead = O#o{counts = Counts}}};
                _ -> {Ids1, R1#r{overhead = O0#o{kept_judged = Many}}}
            end
    end;
judge_kept(Ids, R) -> {Ids, R}.

%% Whose stack has not come yet, and that have made events since.
awaited(#r{processes = Processes}) ->
    [P || P = #p{origin = Origin, clock = Clock, starting = [_ | _]} <- maps:values(Processes),
          Origin =:= restacking orelse Origin =:= attached andalso Clock =:= undefined].

count_kept(Event, Counts, Ids, R) ->
    case element(3, Event) of
        call ->
            {Id, Ids1, R1} = function_id(element(4, Event), Ids, R),
            is_integer(Id) andalso counters:add(Counts, Id + 1, 1),
            {Ids1, R1};
        out ->
            counters:add(Counts, ?OUTS + 1, 1),
            {Ids, R};
        Kind when Kind =:= gc_minor_start; Kind =:= gc_major_start ->
            counters:add(Counts, 1, 1),
            {Ids, R};
        _ -> {Ids, R}
    end.

%% How long it ran between these events of its, the oldest first.
kept_ran([Event | [Next | _] = Rest]) ->
    case element(3, Event) of
        out -> 0;
        _ -> stamp(Next) - stamp(Event)
    end + kept_ran(Rest);
kept_ran([_]) -> 0.

%% Nothing more is switched off, and there is room.
unfelt(Now, R = #r{overhead = O = #o{quiet = Quiet}}) ->
    R1 = #r{overhead = O1} = begin_window(Now, R#r{overhead = O#o{over = false}}),
    more_turns(R1#r{overhead = O1#o{quiet = Quiet}}).

%% Off for so much longer than it was on as it was over the budget, which only a window tells that is not mostly tracing.
paused_for(_, _, dense, O) -> O;
paused_for(Times, Most, CallPart, O) ->
    case lists:any(fun({_, Count, What}) -> is_wide(What, O) andalso CallPart * Count < 1 end, Most) of
        true -> O#o{pause = min(?PAUSE_MAX, max(1, ceil(Times - 1)))};
        false -> O
    end.

%% A call takes CallPart of the budget; or where nobody knows, each of what is switched off took all of it.
switch_off([], _, _, O, R) -> begin_window(none, R#r{overhead = O});
switch_off(Most, CallPart, Blindly, O, R = #r{control = Control, ticks = Now}) ->
    Control ! {switch, [What || {_, _, What} <- Most], [], Blindly andalso not O#o.paused},
    Gaps = case lists:keymember(running, 3, Most) andalso is_waiting(Now, O) of true -> #{}; false -> O#o.gaps end,
    {Off, Times} = lists:foldl(fun({_, Calls, What}, {Offs, All}) ->
                                       {Offs#{What => {case CallPart of dense -> 1; _ -> CallPart * Calls end, Now}},
                                        maps:update_with(What, fun(N) -> N + 1 end, 1, All)}
                               end, {O#o.off, O#o.times}, Most),
    R#r{overhead = pending(Blindly, O#o{off = Off, times = Times, gaps = Gaps, over = true})}.

pending(_, O = #o{paused = true}) -> O#o{decided = pending};
pending(Blindly, O) -> O#o{decided = pending, blind = case Blindly of true -> erlang:monotonic_time(nanosecond); false -> none end}.

%% Begun: at that stamp, or none: with the next events.
begin_window(Begun, R = #r{overhead = O, next_function = Next}) ->
    Slots = [?OUTS | lists:seq(0, min(Next, ?COUNTED) - 1)],
    Base = maps:from_list([{Slot, counters:get(O#o.counts, Slot + 1)} || Slot <- Slots]),
    R#r{overhead = O#o{base = Base, begun = Begun, run_ns = 0, events = 0, decided = none, quiet = 0, kept_judged = 0}}.

%% What made most of the window for the least that is to be seen of it, until the rest costs so much less: a call is two events.
most(TooMuch, CallPart, Stays, Ids, O = #o{counts = Counts, base = Base, event_ns = EventNs, kept = Kept, gc_events = GcEvents}) ->
    Called = maps:to_list(maps:without([undefined | maps:keys(Kept)], Ids)),
    Calls = [{Count / width(What, O), Count, What} ||
                {What, Slot, Weight} <- [{running, ?OUTS, 1} || not Stays] ++
                                            [{gc, 0, 1 + GcEvents div 2} | [{MFA, Id, 1} || {MFA, Id} <- Called]],
                is_integer(Slot), Slot =< ?OUTS, Count <- [Weight * (counters:get(Counts, Slot + 1) - maps:get(Slot, Base, 0))]],
    [First | Rest] = lists:reverse(lists:sort(Calls)),
    Seldom = lists:sum([Count || {_, Count, _} <- Calls]) div ?SELDOM,
    Alike = lists:takewhile(fun({Ratio, _, _}) -> ?ALIKE * Ratio >= element(1, First) end, Rest),
    Most = [First || element(2, First) > 0] ++ others(TooMuch / (2 * EventNs) - element(2, First), Seldom, Alike),
    without_skeleton(Most, CallPart, Calls, O).

%% What is wide for few calls is the skeleton of the graph, with what is called as seldom: beside what is left of it the time of what went
%% would be missing. Its busiest may go, which others call again and again; then nothing that is called as often is traced until all of it is tried again.
%% Where most is tracing nobody knows what is too much: then it stays as it is, and so does what is no part of that.
without_skeleton(Most, dense, Calls, O = #o{run_ns = RunNs, event_ns = EventNs}) ->
    {Least, Dense} = case [Count || {_, Count, What} <- Calls, Count > 0, is_wide(What, O)] of
                         [] -> {0, 0};
                         Counts -> {?AS_SELDOM * lists:min(Counts), lists:max([0 | [Count || {_, Count, _} <- Most]]) / ?ALIKE}
                     end,
    Part = fun(Of) -> [Call || {_, Count, What} = Call <- Most,
                               is_atom(What) orelse Of * 2 * Count * EventNs >= RunNs andalso (Count > Least orelse Least > Dense)] end,
    case Part(?MUCH) of [] -> Part(?SELDOM); Much -> Much end;
without_skeleton(Most, CallPart, Calls, O) ->
    case [Count || {_, Count, What} <- Calls, Count > 0, is_wide(What, O), CallPart * Count < 1] of
        [] -> Most;
        Counts ->
            {Least, Busy} = {?AS_SELDOM * lists:min(Counts), ?BUSIER * lists:max(Counts)},
            InSkeleton = fun({_, Count, What}) -> is_tuple(What) andalso (Count =< Least orelse is_wide(What, O) andalso CallPart * Count < 1) end,
            case lists:partition(InSkeleton, Most) of
                {[], _} -> Most;
                {_, Others} when Busy > Least -> Others ++ [Call || {_, Count, _} = Call <- Calls, Count >= Busy, InSkeleton(Call)];
                {_, _} -> Most ++ [Call || {_, Count, What} = Call <- Calls -- Most, Count >= lists:min(Counts), is_tuple(What)]
            end
    end.

%% Where being scheduled is not seen a process runs from one of its events to the next, as far as anybody knows.
run_ns(Now, #o{run_ns = RunNs, begun = Begun, off = #{running := _}}) -> min(RunNs, (Now - Begun) * erlang:system_info(schedulers_online));
run_ns(_, #o{run_ns = RunNs}) -> RunNs.

is_waiting(Now, #o{waited = Waited}) -> Now - Waited =< ?WAITED_TICKS.

%% Where a process waits only being scheduled tells how long: that stays, unless that alone is more than the budget, of processes whose
%% work is felt.
waiting_seen(Looks, R = #r{overhead = O = #o{}, ticks = Now}) ->
    case lists:any(fun({_, Status, _, _}) -> Status =:= waiting end, Looks) of
        true -> R#r{overhead = O#o{waited = Now}};
        false -> R
    end;
waiting_seen(_, R) -> R.

%% What is called seldom is not it, as long as there is something else.
others(Left, Seldom, [{_, Calls, _} = Other | Rest]) when Left > 0, Calls > Seldom -> [Other | others(Left - Calls, Seldom, Rest)];
others(Left, Seldom, [_ | Rest]) when Left > 0 -> others(Left, Seldom, Rest);
others(_, _, _) -> [].

%% The share of the time that something is on the stack, as far as looking has told.
width(_, #o{looks = Looks}) when Looks < ?LOOKS_LEAST -> 1;
width(What, _) when is_atom(What) -> ?EVENTS_WIDTH;
width(MFA, #o{looks = Looks, seen = Seen}) -> max(?NARROW, maps:get(MFA, Seen, 0) / Looks).

widths(_, R = #r{overhead = #o{over = true, blind = Blind, decided = Decided}}) when Blind =:= none; Decided =/= pending -> R;
widths(Reads, R = #r{overhead = O = #o{looks = Looks, seen = Seen}}) ->
    Found = lists:foldl(fun(MFA, Sum) -> maps:update_with(MFA, fun(N) -> N + 1 end, 1, Sum) end, Seen,
                        lists:append([lists:usort(Frames) || {_, {{Frames, _}, _, _}} <- Reads])),
    R#r{overhead = O#o{looks = Looks + length(Reads), seen = Found}}.

crowded(R = #r{overhead = none}) -> R;
crowded(R = #r{overhead = O}) -> R#r{overhead = O#o{crowded = erlang:statistics(total_run_queue_lengths) > 0}}.

%% At a tick: where nearly nothing is traced any more there are no windows, and room there is.
rested(R = #r{overhead = #o{decided = Decided, paused = false}}) when is_integer(Decided) ->
    case erlang:monotonic_time(nanosecond) - Decided > 1000000 * ?TICK_MS of
        true -> begin_window(none, R); % no event has come that would
        false -> R
    end;
rested(R = #r{overhead = O = #o{decided = none, quiet = Quiet, run_ns = RunNs, events = Events}}) when RunNs < ?WINDOW_MAX_NS; Events =:= 0 ->
    Blindly = not is_running_seen(R),
    Awaited = O#o.turns andalso awaited(R) =/= [],
    if
        O#o.turns, Quiet >= 1, not Awaited -> more_turns(R#r{overhead = O#o{quiet = 0, over = false}});
        Quiet >= ?QUIET_TICKS, RunNs < ?WINDOW_NS, not Blindly ->
            traced_again([What || {What, {Part, Since}} <- maps:to_list(O#o.off), has_rested(What, Part, Since, R)], R#r{overhead = O#o{quiet = 0}});
        Quiet >= ?QUIET_TICKS; Events =:= 0, Quiet >= O#o.pause, Blindly orelse RunNs >= ?WINDOW_NS -> on_again(1, R#r{overhead = O#o{quiet = 0}}, O);
        true -> R#r{overhead = O#o{quiet = Quiet + 1, over = false}}
    end;
rested(R) -> R.

%% What it costs by now only a trial tells: what is wide with its siblings, or the one that made least for what is seen of it.
on_again(Room, R, _) when Room =< 0 -> R;
on_again(_, R = #r{ticks = Ticks}, O) ->
    Off = lists:sort([{Part / width(What, O), Part, Since, What} || {What, {Part, Since}} <- maps:to_list(O#o.off)]),
    {Wide, Narrow} = lists:partition(fun({_, _, _, What}) -> is_wide(What, O) end, Off),
    Rested = fun({_, Part, Since, What}) -> has_rested(What, Part, Since, R) end,
    {Skeleton, Dense} = lists:partition(fun({_, Part, _, _}) -> Part < 1 end, Wide),
    case {lists:any(Rested, Skeleton), lists:filter(Rested, Dense)} of
        {true, _} -> traced_again([What || {_, _, _, What} <- Skeleton], R);
        {false, [{_, _, _, What} | _]} -> traced_again([What], R); % with many on every change of a pattern waits long
        {false, []} -> traced_again([What || {_, _, _, What} <- lists:sublist(lists:filter(Rested, Narrow), 1),
                                          Skeleton =:= [], Ticks - O#o.tried >= ?TRIAL_TICKS], R)
    end.

traced_again([], R) -> R;
traced_again(On, R = #r{control = Control, ticks = Ticks, overhead = O}) ->
    Control ! {switch, [], On, false},
    Gaps = case lists:member(running, On) of true -> none; false -> O#o.gaps end,
    R#r{overhead = pending(false, O#o{off = maps:without(On, O#o.off), gaps = Gaps, tried = Ticks})}.

is_branch_off(MFA, O = #o{off = Off}) ->
    case Off of
        #{MFA := {Part, _}} -> Part < 1 andalso is_wide(MFA, O) andalso width(MFA, O) < ?TRUNK;
        #{} -> false
    end.

is_wide(What, O) -> is_tuple(What) andalso O#o.looks >= ?LOOKS_LEAST andalso width(What, O) >= ?WIDE.

%% What took most of the budget rests longest, and twice as long each time; but what is wide for few calls only until the budget has been kept.
has_rested(What, Part, Since, #r{ticks = Now, overhead = O = #o{times = Times, pause = Pause}}) ->
    Now - Since >= case is_wide(What, O) andalso Part < 1 of
                       true -> Pause;
                       false -> max(?NARROW_REST_TICKS, trunc(?REST_TICKS * min(1, Part))) bsl min(maps:get(What, Times) - 1, ?DOUBLINGS)
                   end.

%% A queue that grows is not let grow: what is not seen of the calls is their callers', as if they were switched off. What waits in the
%% queue is judged like the rest meanwhile, or the same would come again; calls are seen again when the queue is short and nothing is pending.
backlog(_, R = #r{overhead = none}) -> R;
backlog(Queue, R = #r{overhead = O = #o{paused = false}, control = Control}) when Queue > ?BACKLOG ->
    Control ! {calls, false},
    R#r{overhead = O#o{paused = true, blind = case O#o.blind of none -> erlang:monotonic_time(nanosecond); Since -> Since end}};
backlog(Queue, R = #r{overhead = O = #o{paused = true, decided = Decided}, control = Control}) when Queue < ?BACKLOG div 10, Decided =/= pending ->
    Control ! {calls, true},
    R#r{overhead = O#o{paused = false, decided = pending}};
backlog(_, R) -> R.

%% A process that waits, and of which nobody says so.
waits(R = #r{overhead = O = #o{off = #{running := _} = Off, decided = Decided}, control = Control}) when Decided =/= pending ->
    Control ! {switch, [], [running], false},
    R#r{overhead = pending(false, O#o{off = maps:remove(running, Off)})};
waits(R) -> R.

is_running_seen(#r{overhead = #o{off = #{running := _}}}) -> false;
is_running_seen(_) -> true.

decided(Stamp, R = #r{overhead = O = #o{paused = true}}) -> R#r{overhead = O#o{decided = Stamp}};
decided(Stamp, R = #r{overhead = O = #o{blind = none}}) -> R#r{overhead = O#o{decided = Stamp}};
decided(Stamp, R = #r{overhead = O = #o{blind = Since}}) -> restack(Since, R#r{overhead = O#o{decided = Stamp}});
decided(_, R) -> R.

%% What the output says: what has been off, and how often each was seen.
overhead_facts(_, #r{sampled = true}) -> [];
overhead_facts(_, #r{overhead = none}) -> [{"overhead", "full"}];
overhead_facts(Off, #r{overhead = #o{budget = Budget}}) ->
    Seen = lists:reverse(lists:sort([{Count, What} || {What, Count} <- Off])),
    [{"overhead", [integer_to_list(round(100 * Budget)), "%"]} |
     [Fact || Seen =/= [], Fact <- [{"folded", integer_to_list(length(Seen))},
                                    {"folded_names", lists:join(", ", [[what_text(What), " ", integer_to_list(Count)] ||
                                                                          {Count, What} <- Seen])}]]].

switched_off(_, #r{overhead = none}) -> [];
switched_off(Ids, #r{overhead = #o{times = Times, counts = Counts}}) ->
    Slots = Ids#{gc => 0, running => ?OUTS},
    [{What, counters:get(Counts, maps:get(What, Slots) + 1)} || What <- maps:keys(Times)].

what_text(gc) -> "[gc]";
what_text(running) -> "[runnable]";
what_text({M, F, A}) -> spoken(M, F, A).

%%% Controller ----------------------------------------------------------------------------------------------

set_budget(#c{overhead = full}) -> ok;
set_budget(#c{overhead = Percent, relay = Relay, functions = Functions}) -> Relay ! {budget, Percent, maps:from_keys(Functions, [])}.

%% Every change of a pattern waits for five time slices or so. Those of dense code are many times longer while it is traced, so
%% that is done blindly: its calls are not traced meanwhile; what it returns from is. Other code goes on being traced.
switch(C = #c{relay = Relay, off = Off0, watched = Watched}, Off, On, Blindly) ->
    Blindly andalso flag_all(C, call, false),
    Blindly andalso peek_untraced(C),
    [flag_all(C, flag_of(What), false) || What <- Off, is_atom(What)],
    [catch pattern(C, MFA, false) || MFA <- Off, is_tuple(MFA)],
    [catch pattern(C, MFA, C#c.spec) || MFA <- On, is_tuple(MFA)],
    [flag_all(C, flag_of(What), true) || What <- On, is_atom(What)],
    Blindly andalso flag_all(C, call, true),
    Relay ! {decided, erlang:monotonic_time(nanosecond)},
    tell_peers(C, Off),
    C1 = C#c{off = maps:merge(maps:without(On, Off0), maps:from_keys(Off, []))},
    Probed = lists:usort([M || {M, _, _} = MFA <- Off, maps:get(M, Watched, none) =:= MFA]),
    C1#c{watched = lists:foldl(fun(M, Sum) -> Sum#{M := probe(C1, M)} end, Watched, Probed)}.

switch_calls(C = #c{relay = Relay}, On) ->
    flag_all(C, call, On),
    On andalso (Relay ! {decided, erlang:monotonic_time(nanosecond)}),
    C#c{calls = On}.

%% What is born meanwhile has the flags that its parent had.
flag_newborn(#c{off = Off, calls = unpaused}, _) when map_size(Off) =:= 0 -> ok;
flag_newborn(C = #c{off = Off, calls = Calls}, Pid) ->
    [catch flag(C, Pid, flag_of(What), On) ||
        {What, On} <- [{calls, Calls =/= false} | [{What, not is_map_key(What, Off)} || What <- [gc, running]]]].

%% The flags of a captured call are those of the trigger.
flag_begun(C = #c{off = Off, calls = Calls}, Pid) ->
    [catch flag(C, Pid, flag_of(What), false) ||
        What <- [What || What <- [gc, running], is_map_key(What, Off)] ++ [calls || Calls =:= false]].

flag_of(calls) -> call;
flag_of(gc) -> garbage_collection;
flag_of(running) -> running.

flag_all(C = #c{pids = Pids}, Flag, On) -> [catch flag(C, Pid, Flag, On) || Pid <- maps:keys(Pids)].

flag(#c{api = session, session = Session}, Pid, Flag, On) -> trace:process(Session, Pid, On, [Flag]);
flag(#c{api = legacy, relay = Relay}, Pid, Flag, On) -> erlang:trace(Pid, On, [Flag | [{tracer, Relay} || On]]).
