%% What an event costs the process that makes it, on this node and this machine: a process of our own, the gauge, is traced like the
%% others while it calls a function that nobody else calls, and the relay reads the times between its stamps. First before anything
%% else is traced, then twice a second beside it, because a busy machine is slower. Part of the agent's one module (agent.erl).

-define(GAUGE_CALLS, 50).    % of one gauge
-define(GAUGE_ROUNDS, 5).    % before the trace
-define(GAUGES, 1000).       % rounds kept, the newest
-define(LEAST_NS, 100).      % where nothing was measured

%%% Controller ----------------------------------------------------------------------------------------------

%% An interval that ends in an event of ours is longer by what that event costs. An untraced one has `bare` ns.
measure_costs(#c{capture = {sample, _}}) -> ok;
measure_costs(C = #c{relay = Relay}) ->
    Bare = lists:min([took(C, false, fun() -> gauge(10 * ?GAUGE_CALLS) end) || _ <- lists:seq(1, ?GAUGE_ROUNDS)]) div (20 * ?GAUGE_CALLS),
    pattern(C, {?MODULE, gauged, 1}, ?CALLS),
    Collect = fun() -> [erlang:garbage_collect() || _ <- lists:seq(1, ?GAUGE_CALLS)] end,
    Pairs = [{took(C, false, Collect), took(C, true, Collect)} || _ <- lists:seq(1, ?GAUGE_ROUNDS)],
    GcNs = lists:min([Traced || {_, Traced} <- Pairs]) - lists:min([Untraced || {Untraced, _} <- Pairs]),
    Relay ! {costs, Bare, max(0, GcNs) div (2 * ?GAUGE_CALLS)},
    [took(C, true, fun() -> gauge(?GAUGE_CALLS) end) || _ <- lists:seq(1, ?GAUGE_ROUNDS)].

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

gauged(List) -> List.

%%% Relay --------------------------------------------------------------------------------------------------

%% `rounds` has what each gauge said, newest first: {CallNs, ReturnNs}; `now_ns` is that of the last of them. Of the gauge that is on: `last`, its last stamp, and
%% {Intervals, Ns} that ended in a call, or in a return.
-record(g, {pid = none, now_ns = ?LEAST_NS, bare_ns = 0, gc_ns = 0, rounds = [], last = none, calls = {0, 0}, returns = {0, 0}}).

read_gauge(Event, G = #g{last = Last}) ->
    Ts = stamp(Event),
    case element(3, Event) of
        call -> G#g{last = Ts, calls = longer(Last, Ts, G#g.calls)};
        return_to -> G#g{last = Ts, returns = longer(Last, Ts, G#g.returns)};
        out_exited -> round_over(G);
        _ -> G#g{last = none}
    end.

longer(none, _, Sum) -> Sum;
longer(Last, Ts, {Count, Ns}) -> {Count + 1, Ns + Ts - Last}.

round_over(G = #g{calls = {Calls, CallNs}, returns = {Returns, ReturnNs}, bare_ns = Bare, rounds = Rounds}) when Calls > 0, Returns > 0 ->
    Round = {max(0, CallNs div Calls - Bare), max(0, ReturnNs div Returns - Bare)},
    All = lists:sublist([Round | Rounds], ?GAUGES),
    Now = median([(Call + Return) div 2 || {Call, Return} <- lists:sublist(All, ?GAUGE_ROUNDS)]),
    next_gauge(none, G#g{rounds = All, now_ns = max(?LEAST_NS, Now)});
round_over(G) -> next_gauge(none, G).

next_gauge(Pid, G) -> G#g{pid = Pid, last = none, calls = {0, 0}, returns = {0, 0}}.

%% {Ns of an event of a call or a return, how many of those an event of a collection is worth}, of late.
event_costs(#g{now_ns = Ns, gc_ns = GcNs}) -> {Ns, 2 * GcNs div Ns}.

median(Values) -> lists:nth((length(Values) + 1) div 2, lists:sort(Values)).

cost_facts(#g{rounds = []}) -> [];
cost_facts(#g{rounds = Rounds, gc_ns = GcNs, bare_ns = BareNs}) ->
    {Calls, Returns} = lists:unzip(Rounds),
    [{"cost_call_ns", integer_to_list(median(Calls))}, {"cost_return_ns", integer_to_list(median(Returns))},
     {"cost_gc_ns", integer_to_list(GcNs)}, {"cost_bare_ns", integer_to_list(BareNs)}].
