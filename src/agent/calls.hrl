%% Captured calls: of a function in whatever process (`record -f`), or of the profiler's own (`run`). The relay's part of
%% it: which calls are wanted, where one begins and ends. Part of the agent's one module (agent.erl).
%%
%% A process of which calls are captured is `idle` between them, an own one `own`; in a call it is `attached` as any other.
%% For a call in any process the VM tells of its begin, {trace_ts, Pid, call, {M, F, Args}, Place, Now}, which is when it puts
%% the trace flags on the process, and of its end, return_from or exception_from, when the flags are still on: the controller
%% takes them off ({over, Pid}) and says so ({off, Pid, IsAlive}). Until then the gate is shut: the flags of a call that begins
%% meanwhile will be taken off, too, so it is not captured; nor is one within another. `depth` counts the begins of a process
%% that have no end yet, `offs` the times that its flags are still to be taken off.

call_begins({_, Pid, call, {M, F, Args}, Place, Now}, Ids, R0) ->
    A = length(Args),
    Newborn = not is_map_key(Pid, R0#r.processes),
    R = case Newborn of
            true -> add_process(Pid, #p{origin = idle, description = {pid_text(Pid), <<>>, <<>>, <<>>}}, R0);
            false -> R0
        end,
    P = maps:get(Pid, R#r.processes),
    P1 = P#p{depth = P#p.depth + 1},
    {Caller, Outer} = place(Place),
    case P of
        #p{origin = idle, depth = 0, offs = 0} ->
            case calls_to_come(R) > 0 andalso not is_map_key(Pid, R#r.ours) andalso not is_within(Outer, R) of
                true ->
                    {Ids1, R1} = begin_call(Pid, P1, {M, F, A}, Caller, from_now(Now), Newborn, Ids, R),
                    {Ids1, open_for_more(R1)};
                false -> {Ids, hold(1, take_off(Pid, P1, R))}
            end;
        #p{origin = idle, depth = 0} -> {Ids, take_off(Pid, P1, R)};
        #p{origin = idle} -> {Ids, hold(1, take_off(Pid, P1, R))};
        _ -> {Ids, hold(R#r.hold, store(Pid, P1, R#r{hold = min(2 * R#r.hold, ?HOLD_TICKS)}))}
    end.

place({Caller, Stack}) when is_list(Stack) -> {Caller, [Caller | [{M, F, A} || {M, F, A, _} <- Stack]]};
place(Caller) -> {Caller, [Caller]}.

%% In a recursion that was going on already when the gate opened; as far as the VM shows it.
is_within(Outer, #r{captured = {_, _, Functions}}) ->
    lists:any(fun(MFA) -> is_map_key(MFA, Functions) end, Outer).

%% Where slow calls are looked for, the flags stay on until the second tick: taken off at once, they would be on their way off
%% when the next call begins, and a process whose every slow call follows upon a fast one would never be seen to make one.
let_go(Pid, R = #r{captured = {_, SlowerNs, _}, lingering = Lingering, ticks = Now, processes = Processes}) ->
    P = maps:get(Pid, Processes),
    case SlowerNs > 0 andalso calls_to_come(R) > 0 of
        true -> store(Pid, P#p{lingers = Now}, R#r{lingering = [{Pid, Now} | Lingering]});
        false -> take_off(Pid, P, R)
    end.

let_lingering_go(R = #r{lingering = Lingering, ticks = Now}) ->
    {Later, Due} = lists:partition(fun({_, Since}) -> Since >= Now end, Lingering),
    lists:foldl(fun({Pid, Since}, S) ->
                        case S#r.processes of
                            #{Pid := P = #p{origin = idle, lingers = Since}} -> take_off(Pid, P#p{lingers = none}, S);
                            #{} -> S
                        end
                end, R#r{lingering = Later}, Due).

take_off(Pid, P = #p{offs = Offs}, R = #r{control = Control, offs = All}) ->
    close_gate(),
    Control ! {over, Pid},
    store(Pid, P#p{offs = Offs + 1}, R#r{offs = All + 1}).

calls_to_come(#r{stopped = true}) -> 0;
calls_to_come(#r{captured = {Count, _, _}, active = Active, complete = Complete}) -> Count - Active - Complete.

begin_call(Pid, P0, MFA, Caller, Begin, Newborn, Ids, R) ->
    {Function, Ids1, R1} = function_id(MFA, Ids, R),
    {From, Ids2, R2} = function_id(Caller, Ids1, R1),
    P = case P0#p.clock of
            undefined -> P0#p{base = Begin, clock = Begin};
            _ -> P0
        end,
    Ts = max(Begin, P#p.clock),
    P1 = put_event(13, P, Ts, [Function, From], none),
    R#r.control ! {begun, Pid, Newborn},
    {Ids2, store(Pid, P1#p{clock = Ts, origin = attached, out = false, began = Ts, called = MFA, lingers = none, ran = Ts},
                 R2#r{active = R2#r.active + 1, hold = 1, batch_events = R2#r.batch_events + 1})}.

%% An exit signal is an exception of class exit, too: what it was is known when the process is, or is not, there afterwards.
call_ends(_, Ids, R = #r{stopped = true}) -> {Ids, R};
call_ends({_, Pid, What, _, Value, Now} = Event, Ids, R = #r{processes = Processes}) ->
    case Processes of
        #{Pid := P = #p{origin = restacking}} ->
            {Ids1, R1} = go_on(Pid, P, Ids, R),
            call_ends(Event, Ids1, R1);
        #{Pid := P = #p{depth = 1, began = Began, clock = Clock}} when is_integer(Began) ->
            End = max(from_now(Now), Clock),
            Over = P#p{depth = 0, left = End},
            {Ids, case {What, Value} of
                      {return_from, _} -> let_go(Pid, end_call(Pid, Over, End, 1, idle, R));
                      {exception_from, {exit, _}} -> take_off(Pid, Over#p{origin = leaving}, R);
                      {exception_from, _} -> let_go(Pid, end_call(Pid, Over, End, 2, idle, R))
                  end};
        #{Pid := P = #p{depth = Depth}} when Depth > 0 ->
            {Ids, store(Pid, P#p{depth = Depth - 1}, R)};
        #{} ->
            {Ids, R}
    end.

end_call(Pid, P, End, Ending, Origin, R) ->
    Ts = max(End, P#p.clock),
    P1 = append(14, P, Ts, <<Ending>>),
    R1 = store(Pid, P1#p{clock = Ts, origin = Origin, last = none, named = none, out = looked, began = none, ran = none},
               ran(P, Ts, R#r{batch_events = R#r.batch_events + 1})),
    call_complete(P1#p{clock = Ts}, R1).

%% Also when its process ended in it.
call_complete(#p{began = Began, clock = End},
              R = #r{captured = {Count, SlowerNs, Functions}, active = Active, complete = Before}) ->
    Complete = case End - Began >= SlowerNs of true -> Before + 1; false -> Before end,
    %% Of an own call its runner says when it has ended: there is an answer to wait for.
    Complete =:= Count andalso map_size(Functions) > 0 andalso (R#r.control ! enough),
    R#r{active = Active - 1, complete = Complete}.

%% The flags of a process are off.
call_off(Pid, IsAlive, R = #r{processes = Processes, offs = All}) ->
    case Processes of
        #{Pid := P = #p{offs = Offs}} when Offs > 0 ->
            R1 = R#r{offs = All - 1},
            open_for_more(case P#p{offs = Offs - 1} of
                              P1 = #p{origin = leaving, left = End} when IsAlive -> end_call(Pid, P1, End, 2, idle, R1);
                              P1 = #p{origin = leaving, left = End} -> end_process_in_call(Pid, P1, End, R1);
                              P1 -> store(Pid, P1, R1)
                          end);
        #{} -> R
    end.

end_process_in_call(Pid, P, End, R) ->
    P1 = append(7, P, End, <<>>),
    call_complete(P1#p{clock = End}, store(Pid, P1#p{clock = End, origin = idle, out = gone, began = none}, R)).

%% Not for a while when the last call to come through was of no use: a recursion would take all. In a captured call each time
%% for longer: of a loop by tail calls each begin that comes through leaves a frame.
hold(Ticks, R = #r{ticks = Now}) -> R#r{held = Now + Ticks}.

open_for_more(R = #r{captured = {_, _, Functions}, ticks = Now, held = Until, offs = 0})
  when map_size(Functions) > 0, Now >= Until ->
    calls_to_come(R) > 0 andalso open_gate(),
    R;
open_for_more(R) -> R.

calls_ticked(R0) ->
    R = #r{ours = Ours, ticks = Now} = let_lingering_go(R0),
    open_for_more(R#r{ours = maps:filter(fun(_, Since) -> Now - Since < ?OURS_TICKS end, Ours)}).

%% Of an idle process, still traced or traced for an own call, which begins with the call that returns to once/3.
idle_event({_, _, call, MFA, {?MODULE, once, 3}, Ts}, Pid, P = #p{origin = own}, Ids, R) ->
    begin_call(Pid, P, MFA, none, Ts, false, Ids, R);
idle_event({_, _, out_exited, _, _}, Pid, _, Ids, R) ->
    R#r.control ! {gone, Pid},
    {Ids, R};
idle_event(_, _, _, Ids, R) ->
    {Ids, R}.

%% The runner says how its call ended; when, its trace has told (it is `leaving` since then), or will: a message may overtake
%% trace events of its sender.
own_call_ended(_, _, R = #r{stopped = true}) -> R;
own_call_ended(Pid, How, R = #r{processes = Processes}) ->
    P = maps:get(Pid, Processes),
    leave_own_call(Pid, P#p{endings = P#p.endings ++ [case How of returned -> 1; raised -> 2 end]}, R).

leave_own_call(Pid, P = #p{origin = leaving, endings = [Ending | Endings]}, R) ->
    end_call(Pid, P#p{endings = Endings}, P#p.left, Ending, own, R);
leave_own_call(Pid, P, R) ->
    store(Pid, P, R).

%% erlang:now(), which is what meta tracing stamps with, on the clock of all other events: to the microsecond.
from_now({Mega, Seconds, Micro}) ->
    ((Mega * 1000000 + Seconds) * 1000000 + Micro) * 1000 - erlang:time_offset(nanosecond).

%% A captured call's arguments and its value have been copied here, and may be large. By now nobody refers to them.
drop_terms(N, Ids, R) ->
    {total_heap_size, Words} = process_info(self(), total_heap_size),
    Words > ?TERMS_WORDS andalso garbage_collect(),
    resume(none, #p{}, N - 1, Ids, R).
