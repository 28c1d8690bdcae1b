%% Turns: of processes that work hard all would be slowed at once while the budget is found out, and every request that they serve would
%% be late. So the busiest is traced first, and the others when that keeps to the budget: what costs most is off by then. Part of
%% the agent's one module (agent.erl).

-define(TURN_FELT, 20).          % of a scheduler's time, or more, would be what they do, traced: one part in so many
-define(TURN_NS, 1000).          % what a reduction takes, or so, where it is a traced call
-define(TURN_GROWTH, 4).         % times as many with each turn
-define(TURNS_MS, 1000).         % after which all are traced, whatever they cost
-define(TURNS_PART, 4).          % ... and after one part in so many of the trace

%%% Controller ----------------------------------------------------------------------------------------------

%% Not where what they spawn meanwhile would be missing.
takes_turns(#c{capture = processes, overhead = Overhead, spawned = false}, [_, _ | _]) -> Overhead =/= full;
takes_turns(_, _) -> false.

%% {Ns, #{Pid => Reductions}}: how much each has done by then; none where one takes too long to say.
reductions(#c{relay = Relay}, Pids) ->
    timely(Relay, fun() ->
                          Done = maps:from_list([{Pid, Count} || Pid <- Pids, {reductions, Count} <- [process_info(Pid, reductions)]]),
                          {erlang:monotonic_time(nanosecond), Done}
                  end, none).

%% {HowMany, Pids}: the busiest first, and how many of them at first; all where nobody would feel it.
in_turns(_, Pids, false) -> {length(Pids), Pids};
in_turns(C, Pids, Before) ->
    case {Before, reductions(C, Pids)} of
        {{BeginNs, Begun}, {EndNs, Ended}} ->
            Busiest = lists:reverse(lists:sort([{max(0, maps:get(Pid, Ended, 0) - maps:get(Pid, Begun, 0)), Pid} || Pid <- Pids])),
            IsFelt = lists:sum([Done || {Done, _} <- Busiest]) * ?TURN_NS * ?TURN_FELT > EndNs - BeginNs,
            turns(IsFelt, [Pid || {_, Pid} <- Busiest], C);
        _ -> turns(true, Pids, C)
    end.

turns(false, Pids, _) -> {length(Pids), Pids};
turns(true, Pids, C) ->
    [free_to_trace(C, Pid) || Pid <- Pids], % better said now than in a second
    {1, Pids}.

%% Those that are traced from now on, at least one of them if any is alive.
take_turn(C = #c{later = Later, turn = Turn, pids = Pids}) ->
    {Now, Rest} = lists:split(min(Turn, length(Later)), Later),
    case {claim(C, Now), Rest} of
        {[], [_ | _]} -> take_turn(C#c{later = Rest});
        {Traced, _} -> {Traced, C#c{later = Rest, turn = Turn * ?TURN_GROWTH, pids = maps:merge(Pids, maps:from_keys(Traced, []))}}
    end.

%% The relay may wait for more, and the trace for the end of it.
await_turns(#c{later = []}) -> ok;
await_turns(#c{relay = Relay, turns_ms = Ms}) ->
    Relay ! {turns, true},
    erlang:send_after(Ms, self(), all_turns).

turns_ms(0) -> ?TURNS_MS;
turns_ms(DurationMs) -> min(?TURNS_MS, DurationMs div ?TURNS_PART).

turned(C0 = #c{relay = Relay}) ->
    C = next_turn(C0),
    Relay ! {decided, erlang:monotonic_time(nanosecond)},
    C.

all_turns(C = #c{later = Later}) -> next_turn(C#c{turn = length(Later)}).

next_turn(C = #c{later = []}) -> C;
next_turn(C0 = #c{relay = Relay}) ->
    try take_turn(C0) of
        {Traced, C = #c{later = Later}} ->
            [flag_newborn(C#c{off = maps:remove(running, C#c.off)}, Pid) || Pid <- Traced],
            begin_aside(C, Traced),
            Later =:= [] andalso (Relay ! {turns, false}),
            C
    catch
        throw:{refused, gone, _} -> C0#c{later = []}; % the message that says so is still there
        throw:{refused, _, _} ->
            self() ! shared, % somebody else has begun to trace it meanwhile
            C0#c{later = []}
    end.

%% When it came in says where its stack belongs: that is told until then.
placed(C = #c{pids = Pids, off = #{running := _}}, Pid) when is_map_key(Pid, Pids) -> catch flag(C, Pid, running, false);
placed(_, _) -> ok.

%%% Relay -----------------------------------------------------------------------------------------------------

turns_left(More, R = #r{overhead = O}) -> R#r{overhead = O#o{turns = More}}.

%% What is traced keeps to the budget, as far as anybody knows: others may be, too.
more_turns(R = #r{control = Control, overhead = O = #o{turns = true, paused = false}}) ->
    Control ! turn,
    R#r{overhead = pending(false, O)};
more_turns(R) -> R.
