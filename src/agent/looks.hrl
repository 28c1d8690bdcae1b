%% What somebody sees who looks at the processes: of one that is out only that tells waiting from preempted. Where being scheduled costs
%% more than the budget it is not told at all; then a process was, since its last event or the look before, what it is found at,
%% and between two of its events it waited as much as looks have found processes waiting there. Part of the agent's one module (agent.erl).

-define(PEEKS_MS, 32).              % looks while a decision is carried out blindly
-define(PEEK_MS, 3).
-define(MORE_PEEKED, 8).            % processes, each time others
-define(GAP_LOOKS, 100).            % that count: those before them half as much

%%% Whoever looks -------------------------------------------------------------------------------------------

%% What the processes are doing: of one that is out, only this tells waiting from preempted. It was so between the two times.
look(Pids) ->
    [{Pid, Status, Before, erlang:monotonic_time(nanosecond)} ||
        Pid <- Pids, Before <- [erlang:monotonic_time(nanosecond)], {status, Status} <- [process_info(Pid, status)]].

%% The stacks of those that did not wait.
peek(Looks) ->
    [{Pid, Read} || {Pid, Status, _, _} <- Looks, Status =/= waiting, {_, _, _} = Read <- [catch read_stack(Pid, ?PEEK_PRINT_MAX)]].

%% When the profiler says so: the node's own timers would see whoever they have just woken (sampler.hrl).
await_look() -> receive look -> one_look() after ?LOOK_LATE_MS -> ok end.

%% Where the processes are while calls are not traced.
peek_untraced(#c{pids = Pids, relay = Relay}) ->
    {Some, _} = take(?LOOKS, maps:iterator(Pids), []),
    helper(fun() ->
                   Relay ! {ours, self()},
                   peek_on(Relay, Some, fun() -> receive after ?PEEK_MS -> ok end end, ?PEEKS_MS)
           end, []).

%% Looks in that time, at some processes each time.
peek_on(_, [], _, _) -> ok;
peek_on(_, _, _, Left) when Left =< 0 -> ok;
peek_on(Relay, Pids, Await, Left) ->
    Begin = now_ms(),
    Await(),
    {Now, Later} = lists:split(min(?MORE_PEEKED, length(Pids)), Pids),
    Reads = timely(Relay, fun() ->
                                  Looks = look(Now),
                                  Relay ! {looked, Looks}, % before any of them has to answer
                                  peek(Looks)
                          end, []),
    Relay ! {peeked, Reads},
    peek_on(Relay, Later ++ Now, Await, Left - (now_ms() - Begin)).

%% Where it waits, if it did before and afterwards.
tell_waits(Relay, Pid) ->
    Relay ! {ours, self()},
    case timely(Relay, fun() -> [look([Pid]), read_stack(Pid, ?PEEK_PRINT_MAX), look([Pid])] end, none) of
        [[{_, waiting, _, _}], Read, [{_, waiting, _, _}]] -> Relay ! {waits, Pid, Read};
        _ -> ok
    end.

%%% Relay --------------------------------------------------------------------------------------------------

status(waiting) -> 1;
status(runnable) -> 2;
status(running) -> 3;
status(suspended) -> 4;
status(garbage_collecting) -> 5;
status(_) -> 6.

%% Only what was seen wholly after the last event; the fold sees to it that it was before the next.
looked(Look, Ids, R) ->
    case is_waiting_untold(R) of
        true -> looked_untold(Look, Ids, R);
        false -> looked(Look, R)
    end.

looked({Pid, Status, Before, After}, R = #r{processes = Processes}) ->
    case Processes of
        #{Pid := P = #p{out = Out, clock = Clock, origin = attached}}
          when is_integer(Clock), Before >= Clock, Out =/= false, Out =/= gone, Status =/= waiting ->
            %% It was out when that was no longer told.
            case is_running_seen(R) of
                false -> R#r{processes = Processes#{Pid := (append(4, P, Before, <<0:16>>))#p{clock = Before, last = none, out = false, ran = Before}}};
                true when Out =:= true -> seen_out(P, Status, After, Pid, R);
                true -> R
            end;
        #{Pid := P = #p{out = true, clock = Clock, origin = attached}} when is_integer(Clock), Before >= Clock ->
            seen_out(P, Status, After, Pid, R);
        #{Pid := P = #p{out = false, clock = Clock, origin = attached}} when is_integer(Clock), Before >= Clock, Status =:= waiting ->
            Named = last_named(P),
            case {is_running_seen(R), waits(R)} of
                {true, _} -> % it went out before that was told again
                    seen_out(append(3, P#p{last = none, named = Named}, Clock, <<0:16>>), Status, After, Pid, ran(P, Clock, R));
                {false, R} -> R;
                {false, R1} ->
                    P1 = append(3, P, Before, <<0:16>>),
                    P2 = append(9, P1#p{clock = Before}, After, <<(status(Status))>>),
                    R1#r{processes = Processes#{Pid := P2#p{out = looked, last = none, named = Named, ran = none}}}
            end;
        #{} -> R
    end.

seen_out(P = #p{waits = {_, Asked} = Waits}, Status, After, Pid, R = #r{processes = Processes}) ->
    P1 = append(9, P, After, <<(status(Status))>>),
    Waits1 = case P#p.last of MFA = {_, _, _} when Status =:= waiting -> asked_if_off(Pid, {MFA, Asked}, R); _ -> Waits end,
    R#r{processes = Processes#{Pid := P1#p{out = case Status of running -> true; _ -> looked end, ran = none, waits = Waits1}}}.

%% Nothing tells what a function that is switched off stands on.
asked_if_off(Pid, Waits = {MFA, _}, R = #r{overhead = #o{off = Off}}) when is_map_key(MFA, Off) -> ask_where(Pid, Waits, R);
asked_if_off(_, Waits, _) -> Waits.

%% Being scheduled is not told, and yet processes wait: what one is found at it was since its last event, or the last look.
looked_untold({Pid, Status, Before, After}, Ids, R = #r{processes = Processes}) ->
    case Processes of
        #{Pid := P = #p{out = Out, clock = Clock, origin = attached}} when is_integer(Clock), Before >= Clock, Out =/= gone ->
            looked_between(Pid, P#p{last = none, named = last_named(P)}, Status, Before, max(After, Before + 1), Ids, seen_between(P, Status, Before, R));
        #{} -> R
    end.

%% It may be out already: then it is not going out that is new, but that it waits.
looked_between(Pid, P = #p{clock = Clock}, waiting, Before, After, Ids, R) ->
    Waits = {Where, _} = ask_where(Pid, P#p.waits, R),
    P1 = put_event(3, P, Clock, [maps:get(Where, Ids, 0)], none),
    P2 = append(9, P1, Before, <<(status(waiting))>>),
    came_in(Pid, P2#p{waits = Waits}, After, R);
looked_between(Pid, P, _, Before, _, _, R) ->
    came_in(Pid, P, Before, R).

came_in(Pid, P, Ts, R = #r{processes = Processes}) ->
    R#r{processes = Processes#{Pid := (append(4, P, Ts, <<0:16>>))#p{clock = Ts, out = false, ran = Ts}}}.

%% Where a process waits changes.
ask_where(Pid, {Where, Asked}, #r{ticks = Now, control = Control}) when Now - Asked >= ?ASK_TICKS ->
    Control ! {where_waits, Pid},
    {Where, Now};
ask_where(_, Waits, _) -> Waits.

%% It waits there, and did so since its last event, or the last look.
waits_where(Pid, {{Frames, Cut}, Before, After}, Ids, R = #r{processes = Processes}) ->
    case Processes of
        #{Pid := P = #p{clock = Clock, out = Out, origin = attached, waits = {_, Asked}}} when is_integer(Clock), Clock < Before, not Cut ->
            case {Out, is_waiting_untold(R), within(P, Frames)} of
                {false, true, Within = [_ | _]} ->
                    {P1, Ids1, R1} = append_stack(2, Within, Clock, P#p{last = none, named = last_named(P)}, Ids, R),
                    P2 = P1#p{waits = {lists:last(Within), Asked}},
                    {Ids1, looked_between(Pid, P2, waiting, Before, max(After, Before + 1), Ids1, ran(P, Clock, R1))};
                {looked, _, Within = [_ | _]} ->
                    {P1, Ids1, R1} = append_stack(2, Within, Clock, P, Ids, R),
                    {Ids1, store(Pid, P1, R1)};
                _ -> {Ids, R}
            end;
        #{} -> {Ids, R}
    end.

%% Of a captured call only what it called.
within(#p{called = none}, Frames) -> Frames;
within(#p{called = Called}, Frames) -> lists:dropwhile(fun(MFA) -> MFA =/= Called end, Frames).

is_waiting_untold(#r{overhead = #o{gaps = Gaps}}) -> is_map(Gaps);
is_waiting_untold(_) -> false.

%% The function that an event was the last to name.
last_named(#p{last = none, named = Named}) -> Named;
last_named(#p{last = MFA = {_, _, _}}) -> MFA;
last_named(_) -> none.

%% How often it waits there.
seen_between(P = #p{out = false, clock = Clock}, Status, Before, R) ->
    {Waits, Ran} = case Status of waiting -> {1, Clock}; _ -> {0, Before} end,
    gap_seen(last_named(P), Waits, ran(P, Ran, R));
seen_between(_, _, _, R) -> R.

gap_seen(none, _, R) -> R;
gap_seen(Named, Waits, R = #r{overhead = O = #o{gaps = Gaps}}) ->
    {Waiting, All} = case Gaps of
                         #{Named := {W, ?GAP_LOOKS}} -> {W / 2, ?GAP_LOOKS div 2};
                         #{Named := Before} -> Before;
                         #{} -> {0, 0}
                     end,
    R#r{overhead = O#o{gaps = Gaps#{Named => {Waiting + Waits, All + 1}}}}.

%% An event so long after the one before it: where it was then it may have waited first, as much of it as processes were seen to there.
waited(Ts, P = #p{clock = Clock, out = false, waits = {Where, _}}, Ids, R = #r{overhead = #o{gaps = Gaps}})
  when is_map(Gaps), is_integer(Clock), Ts - Clock >= ?GAP_NS ->
    Named = last_named(P),
    case Gaps of
        #{Named := {Waiting, All}} when Waiting > 0 ->
            In = Clock + max(1, trunc((Ts - Clock) * Waiting / All)),
            P1 = put_event(3, P, Clock, [maps:get(case Where of none -> Named; _ -> Where end, Ids, 0)], none),
            P2 = append(9, P1, Clock, <<(status(waiting))>>),
            {P3, Ids1, R1} = pack_function(4, Named, P2, In, Ids, ran(P, Clock, R)),
            {P3#p{clock = In, ran = In}, Ids1, R1};
        #{} -> {P, Ids, R}
    end;
waited(_, P, Ids, R) -> {P, Ids, R}.
