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
    {Looks, Reads} = timely(Relay, fun() -> Some = look(Now), {Some, peek(Some)} end, {[], []}),
    Relay ! {looked, Looks},
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
            case waits(R) of
                R -> R;
                R1 ->
                    P1 = append(3, P, Before, <<0:16>>),
                    P2 = append(9, P1#p{clock = Before}, After, <<(status(Status))>>),
                    R1#r{processes = Processes#{Pid := P2#p{out = looked, last = none, ran = none}}}
            end;
        #{} -> R
    end.

seen_out(P, Status, After, Pid, R = #r{processes = Processes}) ->
    P1 = append(9, P, After, <<(status(Status))>>),
    Waits = case P#p.last of MFA when Status =:= waiting, is_tuple(MFA) -> MFA; _ -> P#p.waits end,
    R#r{processes = Processes#{Pid := P1#p{out = case Status of running -> true; _ -> looked end, waits = Waits}}}.

ask_where(Pid, Asked, #r{ticks = Now, control = Control}) when is_integer(Asked), Now - Asked >= ?ASK_TICKS ->
    Control ! {where_waits, Pid},
    Now;
ask_where(_, Known, _) -> Known.

%% It waits there.
waits_where(Pid, {{Frames, Cut}, Before, After}, Ids, R = #r{processes = Processes}) ->
    case Processes of
        #{Pid := P = #p{clock = Clock, out = false, origin = attached}} when is_integer(Clock), Clock < Before, not Cut, Frames =/= [] ->
            {P1, Ids1, R1} = append_stack(2, Frames, Before, P#p{waits = lists:last(Frames)}, Ids, R),
            case is_waiting_untold(R) of
                true -> {Ids1, looked_between(Pid, P1#p{clock = Before}, waiting, Before, max(After, Before + 1), Ids1, R1)};
                false -> {Ids, R}
            end;
        #{} -> {Ids, R}
    end.

%% Being scheduled is not told, and yet processes wait: what one is found at it was since its last event, or the last look.
looked_untold({Pid, Status, Before, After}, Ids, R = #r{processes = Processes}) ->
    case Processes of
        #{Pid := P = #p{out = Out, clock = Clock, origin = attached}} when is_integer(Clock), Before >= Clock, Out =/= gone ->
            looked_between(Pid, P, Status, Before, max(After, Before + 1), Ids, R);
        #{} -> R
    end.

looked_between(Pid, P = #p{out = false, clock = Clock}, waiting, Before, After, Ids, R) ->
    Waits = ask_where(Pid, P#p.waits, R),
    P1 = (put_event(3, P, Clock, [maps:get(Waits, Ids, 0)], P#p.last))#p{out = true, waits = Waits},
    looked_between(Pid, P1, waiting, Before, After, Ids, gap_seen(1, P, ran(P, Clock, R)));
looked_between(Pid, P, waiting, Before, After, _, R = #r{processes = Processes}) ->
    P1 = append(9, P, Before, <<(status(waiting))>>),
    P2 = append(4, P1, After, <<0:16>>),
    R#r{processes = Processes#{Pid := P2#p{clock = After, out = false, ran = After}}};
looked_between(Pid, P, _, Before, _, _, R0) ->
    R = #r{processes = Processes} = case P#p.out of false -> gap_seen(0, P, ran(P, Before, R0)); _ -> R0 end,
    R#r{processes = Processes#{Pid := (append(4, P, Before, <<0:16>>))#p{clock = Before, out = false, ran = Before}}}.

is_waiting_untold(#r{overhead = #o{gaps = Gaps}}) -> is_map(Gaps);
is_waiting_untold(_) -> false.

%% It was seen to wait (1), or not (0).
gap_seen(Waits, #p{last = Last}, R = #r{overhead = O = #o{gaps = Gaps}}) ->
    {Waiting, All} = case Gaps of
                         #{Last := {W, ?GAP_LOOKS}} -> {W / 2, ?GAP_LOOKS div 2};
                         #{Last := Before} -> Before;
                         #{} -> {0, 0}
                     end,
    R#r{overhead = O#o{gaps = Gaps#{Last => {Waiting + Waits, All + 1}}}}.

%% An event so long after the one before it: where it was then it may have waited first, as much of it as processes were seen to there.
waited(Ts, P = #p{last = Last, clock = Clock, out = false}, Ids, R = #r{overhead = #o{gaps = Gaps}})
  when is_map_key(Last, Gaps), is_integer(Clock), Ts - Clock >= ?GAP_NS ->
    case maps:get(Last, Gaps) of
        {Waiting, All} when Waiting > 0 ->
            In = Clock + trunc((Ts - Clock) * Waiting / All),
            {P1, Ids1, R1} = pack_function(3, Last, P, Clock, Ids, ran(P, Clock, R)),
            {P2, Ids2, R2} = pack_function(4, Last, P1, In, Ids1, R1),
            {P2#p{clock = In, ran = In}, Ids2, R2};
        _ -> {P, Ids, R}
    end;
waited(_, P, Ids, R) -> {P, Ids, R}.
