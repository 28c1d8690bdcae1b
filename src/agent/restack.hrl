%% A stack that is read in mid-trace: while a decision of the budget is carried out no call is traced (overhead.hrl), so nobody knows any
%% more where a process that ran meanwhile is. Its events are kept until its stack has come. Part of the agent's one module (agent.erl).

-define(RESTACKS, 16).   % processes after one decision: each may take ?ANSWER_MS to say

%% Calls were not traced for a while: where the processes are that ran since then is read anew.
restack(_, R = #r{captured = {_, _, Functions}}) when map_size(Functions) =:= 0 -> R; % an own call's ending is not to be kept
restack(Since, R = #r{control = Control, processes = Processes}) ->
    R0 = asked_too_early(R),
    Lost = [Pid || {Pid, #p{origin = attached, clock = Clock, ran = Ran, out = Out}} <- maps:to_list(Processes), is_integer(Clock),
                   Out =/= gone, Ran =/= none orelse Clock >= Since],
    lists:foldl(fun(Pid, S) ->
                        Control ! {restack, Pid, ?STACK_TRIES},
                        P = maps:get(Pid, Processes),
                        store(Pid, P#p{origin = restacking}, S)
                end, R0, lists:sublist(Lost, ?RESTACKS)).

%% Of those whose stack was asked for before: what is read until now says nothing of the calls since.
asked_too_early(R = #r{processes = Processes, overhead = #o{decided = Stamp}}) ->
    R#r{processes = maps:map(fun(_, P = #p{origin = Origin, clock = Clock}) when Origin =:= restacking; Origin =:= attached, Clock =:= undefined ->
                                     P#p{dropped = Stamp};
                                (_, P) -> P
                             end, Processes)}.

restacked(Pid, P, Read, Tries, Ids, R = #r{overhead = #o{off = Off}}) ->
    Events = lists:reverse(P#p.starting),
    {{Frames, Cut}, _, _} = Read,
    case {place_stack(Read, P#p.dropped, Events), shown(P#p.called, Frames, Ids, R)} of
        {nowhere, _} when Tries > 0, Frames =/= [], not is_map_key(running, Off) orelse P#p.dropped =/= none -> % else it cannot be placed better
            R#r.control ! {restack, Pid, Tries - 1},
            {Ids, R};
        {{Ts, Since}, Shown} when Shown =/= [], not Cut ->
            {Earlier, _} = lists:split(length(Events) - length(Since), Events),
            {P1, Ids1, R1} = lists:foldl(fun replay/2, {P#p{origin = attached}, Ids, R}, Earlier),
            case P1 of
                #p{origin = attached, out = Out, clock = Clock} when Out =/= gone ->
                    {P2, Ids2, R2} = append_stack(2, Shown, max(Ts, Clock), P1, Ids1, R1),
                    go_on(Pid, P2#p{clock = max(Ts, Clock), starting = lists:reverse(Since)}, Ids2, R2);
                _ -> go_on(Pid, P1#p{starting = lists:reverse(Since)}, Ids1, R1)
            end;
        _ -> go_on(Pid, P, Ids, R)
    end.

%% Where so much is switched off that a process has made no event since it was looked at: that is where it is. Between two such looks only
%% what is in both has the time, so it does not matter that most of what is switched off has ended by then.
%% Not of a process that is out: it would wait where it was last looked at.
peeked({Pid, {{Frames, Cut}, Before, _}}, {Ids, R = #r{processes = Processes, overhead = #o{off = Off}}}) ->
    case Processes of
        #{Pid := P = #p{origin = attached, clock = Clock, ran = Ran, called = Called}}
          when not Cut, is_map_key(running, Off), is_integer(Clock), Clock < Before, Ran =/= none ->
            case shown(Called, Frames, Ids, R) of
                [] -> {Ids, R};
                Shown ->
                    {P1, Ids1, R1} = append_stack(2, Shown, Before, P, Ids, R),
                    {Ids1, store(Pid, P1#p{clock = Before}, R1#r{batch_events = R1#r.batch_events + 1})}
            end;
        #{} -> {Ids, R}
    end.

%% Of a captured call what is within it. A recursion that is switched off is not as deep as it just was; what is off as there is no room
%% for all that is like it is its caller's: a process says where it is between its time slices only, which are long where reductions are few.
shown(none, Frames, Ids, #r{overhead = O = #o{off = Off}}) ->
    {Shown, _} = lists:foldl(fun(MFA, {Kept, Seen}) when is_map_key(MFA, Seen), is_map_key(MFA, Off) -> {Kept, Seen};
                                (MFA, {Kept, Seen}) -> {[MFA | Kept], Seen#{MFA => []}}
                             end, {[], #{}}, until_branch_off(Frames, Ids, O)),
    lists:reverse(Shown);
shown(Called, Frames, Ids, R) -> shown(none, lists:dropwhile(fun(MFA) -> MFA =/= Called end, Frames), Ids, R).

shown_first(Frames, Ids, R = #r{overhead = #o{off = Off}}) when map_size(Off) > 0 -> shown(none, Frames, Ids, R);
shown_first(Frames, _, _) -> Frames.

%% ... but where something of it is traced that has its own time.
until_branch_off([], _, _) -> [];
until_branch_off([First | Frames], Ids, O = #o{off = Off}) ->
    {Until, From} = lists:splitwith(fun(MFA) -> not is_branch_off(MFA, O) end, Frames),
    case lists:any(fun(MFA) -> is_map_key(MFA, Ids) andalso not is_map_key(MFA, Off) end, From) of
        true -> [First | Frames];
        false -> [First | Until]
    end.

%% With what has been kept.
go_on(Pid, P = #p{starting = Kept}, Ids, R) ->
    Attached = P#p{starting = [], started = 0, dropped = none, origin = case P#p.origin of restacking -> attached; Origin -> Origin end},
    {P1, Ids1, R1} = lists:foldl(fun replay/2, {Attached, Ids, R}, lists:reverse(Kept)),
    R2 = R1#r{batch_events = R1#r.batch_events + length(Kept)},
    {Ids1, case P1 of
               #p{origin = leaving} -> leave_own_call(Pid, P1, R2);
               _ -> store(Pid, P1, R2)
           end}.

go_on_all(Ids, R) ->
    maps:fold(fun(Pid, P = #p{origin = restacking}, {I, S}) -> go_on(Pid, P, I, S);
                 (Pid, P = #p{origin = attached, clock = undefined, starting = [_ | _] = Kept}, {I, S}) ->
                      [First | _] = Events = lists:reverse(Kept),
                      Missing = [{trace_ts, Pid, missing, P#p.missing, stamp(First)} || P#p.missing > 0],
                      started(Pid, P, {[], true}, stamp(First), Missing ++ Events, I, S);
                 (_, _, Sum) -> Sum
              end, {Ids, R}, R#r.processes).
