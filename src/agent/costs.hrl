%% What an event costs the process that makes it, on this node and this machine: a process of our own, the gauge, is traced like the
%% others while it calls functions that nobody else calls, and the relay reads the times between its stamps. First before anything
%% else is traced, then twice a second beside it, because a busy machine is slower. Part of the agent's one module (agent.erl).
%%
%% What lies between two stamps is what is left to do for the first event and what there is to do before the second is stamped, so it
%% depends on both: (ns, OTP 25) from call to call 730, from return to call 640, from call to return 460, from return to return 350.

-define(GAUGE_CALLS, 50).    % of one gauge, each with a call in it: four intervals
-define(CALL_WORDS, 9).      % on the heap, for a call that is traced: {caller} and its copy, and what fragments waste (8.1 to 9 on OTP 25 to 29)
-define(GAUGE_ROUNDS, 5).    % before the trace
-define(GAUGES, 1000).       % rounds kept, the newest
-define(LEAST_NS, 100).      % where nothing was measured

%%% Controller ----------------------------------------------------------------------------------------------

%% An untraced interval has `bare` ns, an untraced turn (to be scheduled out and in again) `turn` ns.
measure_costs(#c{capture = {sample, _}}) -> ok;
measure_costs(C = #c{relay = Relay}) ->
    BareNs = lists:min([took(C, false, fun() -> gauge(10 * ?GAUGE_CALLS) end) || _ <- rounds()]),
    [pattern(C, {?MODULE, F, 1}, ?CALLS) || F <- gauged()],
    Yield = fun() -> [erlang:yield() || _ <- lists:seq(1, ?GAUGE_CALLS)] end,
    TurnNs = lists:min([took(C, false, Yield) || _ <- rounds()]),
    Collect = fun() -> [erlang:garbage_collect() || _ <- lists:seq(1, ?GAUGE_CALLS)] end,
    Pairs = [{took(C, false, Collect), took(C, true, Collect)} || _ <- rounds()],
    GcNs = lists:min([Traced || {_, Traced} <- Pairs]) - lists:min([Untraced || {Untraced, _} <- Pairs]),
    Relay ! {costs, BareNs div (40 * ?GAUGE_CALLS) + 1, TurnNs div ?GAUGE_CALLS, max(0, GcNs) div (2 * ?GAUGE_CALLS)},
    [took(C, true, Yield) || _ <- rounds()],
    [took(C, true, fun() -> gauge(?GAUGE_CALLS) end) || _ <- rounds()].

rounds() -> lists:seq(1, ?GAUGE_ROUNDS).

gauge_again(C = #c{timeout = none}) -> start_gauge(C, true, fun() -> gauge(?GAUGE_CALLS) end);
gauge_again(_) -> ok. % no call has come yet

took(C, Traced, Work) ->
    {Pid, Ref} = start_gauge(C, Traced, Work),
    receive {'DOWN', Ref, process, Pid, Why} -> case Why of {took, Ns} -> Ns; _ -> 0 end end.

start_gauge(C = #c{relay = Relay}, Traced, Work) ->
    Gauge = helper(fun() ->
                           receive go -> ok after 1000 -> exit(normal) end,
                           Begin = erlang:monotonic_time(nanosecond),
                           Work(),
                           exit({took, erlang:monotonic_time(nanosecond) - Begin})
                   end, [monitor]),
    {Pid, _} = Gauge,
    Relay ! {gauge, Pid},
    Traced andalso (catch trace_process(C, Pid, true)),
    Pid ! go,
    Gauge.

gauge(0) -> ok;
gauge(N) ->
    gauged([]),
    gauge(N - 1).

gauged() -> [gauged, gauged_within].

gauged(List) ->
    gauged_within(List),
    List.

gauged_within(List) -> List.

%%% Relay --------------------------------------------------------------------------------------------------

%% `rounds` has what each gauge said, newest first: the mean ns of each of ?KINDS, less what they have untraced; `now_ns` is an event's
%% of the last of them. `turns` is what the gauges that gave up their turns over and over said. Of the gauge that is on: `last`, its last
%% event and stamp, and in `seen` the intervals by what they begin and end with.
-record(g, {pid = none, now_ns = ?LEAST_NS, bare_ns = 0, turn_ns = 0, gc_ns = 0, rounds = [], turns = [], last = none, seen = #{}}).

-define(KINDS, [{call, call}, {return_to, call}, {call, return_to}, {return_to, return_to}]).

read_gauge(Event, G = #g{last = Last, seen = Seen}) ->
    case element(3, Event) of
        out_exited -> round_over(G);
        Kind when Kind =:= call; Kind =:= return_to; Kind =:= in; Kind =:= out ->
            Ts = stamp(Event),
            G#g{last = {Kind, Ts}, seen = case Last of
                                              none -> Seen;
                                              {Before, Since} -> maps:update_with({Before, Kind}, fun(All) -> [Ts - Since | All] end, [Ts - Since], Seen)
                                          end};
        _ -> G#g{last = none}
    end.

round_over(G = #g{seen = Seen, bare_ns = Bare, rounds = Rounds, turns = Turns}) ->
    case [lists:sum(All) div length(All) || Kind <- ?KINDS, {ok, All} <- [maps:find(Kind, Seen)]] of
        Means when length(Means) =:= length(?KINDS) ->
            All = lists:sublist([[max(0, Mean - Bare) || Mean <- Means] | Rounds], ?GAUGES),
            Now = median([lists:sum(Round) div length(Round) || Round <- lists:sublist(All, ?GAUGE_ROUNDS)]),
            next_gauge(none, G#g{rounds = All, now_ns = max(?LEAST_NS, Now)});
        _ ->
            next_gauge(none, case Seen of #{{in, out} := [_, _ | _] = Some} -> G#g{turns = [median(Some) | Turns]}; _ -> G end)
    end.

next_gauge(Pid, G) -> G#g{pid = Pid, last = none, seen = #{}}.

%% {Ns of an event of a call or a return, how many of those an event of a collection is worth}, of late.
event_costs(#g{now_ns = Ns, gc_ns = GcNs}) -> {Ns, 2 * GcNs div Ns}.

median(Values) -> lists:nth((length(Values) + 1) div 2, lists:sort(Values)).

cost_facts(#g{rounds = []}) -> [];
cost_facts(#g{rounds = Rounds, turns = Turns, gc_ns = GcNs, bare_ns = BareNs, turn_ns = TurnNs}) ->
    Costs = [median([lists:nth(N, Round) || Round <- Rounds]) || N <- lists:seq(1, length(?KINDS))],
    Names = ["cost_call_call_ns", "cost_call_ns", "cost_return_ns", "cost_return_return_ns"],
    [{Name, integer_to_list(Ns)} || {Name, Ns} <- lists:zip(Names, Costs) ++
         [{"cost_turn_ns", max(0, median(Turns) - TurnNs)} || Turns =/= []] ++
         [{"cost_gc_ns", GcNs}, {"cost_bare_ns", BareNs}, {"cost_call_words", ?CALL_WORDS}]].
