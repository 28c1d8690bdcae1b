%% Shares: the events of many processes would wait in one relay's queue, and a trace session has one tracer. So on a node with
%% many schedulers further controllers, each with a session and a relay of its own, take a share of the processes. The first, the
%% head, is whom the profiler knows: it alone has the clock, begins the trace in all of them and ends it in all of them. Each
%% session makes every call on the node a few nanoseconds longer, also in processes that nobody traces; hence only a few.
%% Part of the agent's one module (agent.erl).

-define(SHARE_SCHEDULERS, 8).   % whose processes keep a relay busy, within a budget
-define(SHARES_MAX, 4).         % with so many, ordinary work of processes that nobody traces takes 1.7 times as long; with 16, 3.3 times

%% {Index, Count, Tallies}: what bounds are held against is of all relays together, so each writes down what it has.
share_of_one() -> {0, 1, none}.

share_count(Processes, Schedulers) ->
    max(1, lists:min([Processes, ?SHARES_MAX, (Schedulers + ?SHARE_SCHEDULERS - 1) div ?SHARE_SCHEDULERS])).

%%% Head ----------------------------------------------------------------------------------------------------

%% Only with sessions: a pattern of old is everybody's, and a budget switches it off. -> the head's share of the processes.
share_out(C = #c{api = session, capture = processes}, Pids, Bounds) ->
    Count = share_count(length(Pids), erlang:system_info(schedulers_online)),
    Tallies = counters:new(3 * Count, []),
    Common = C#c{head = self(), duration_ms = 0},
    Others = [spawn_link(fun() -> share(Common#c{share = {Index, Count, Tallies}}, every(Count, Index, Pids), Bounds) end) ||
                 Index <- lists:seq(1, Count - 1)],
    {every(Count, 0, Pids), C#c{share = {0, Count, Tallies}, peers = Others, working = [self() | Others]}};
share_out(C, Pids, _) ->
    {Pids, C#c{working = [self()]}}.

every(Count, Index, Pids) ->
    [Pid || {Number, Pid} <- lists:zip(lists:seq(0, length(Pids) - 1), Pids), Number rem Count =:= Index].

%% What a share says next, while the head waits for it.
heard(Share) ->
    receive
        {share, Share, {refused, Kind, Text}} -> throw({refused, Kind, Text});
        {share, Share, What} -> What;
        {'EXIT', _, _} -> refused(gone, "") % the profiler, or a share
    end.

%% The processes of one share have all ended.
exited(C = #c{working = Working}, Share) ->
    case Working -- [Share] of
        [] -> finish(C, exited);
        Rest -> control(C#c{working = Rest})
    end.

%% How the shares' traces have ended: [{Lost, EndNs, Summary}]. Of one that was killed nothing is known; when the profiler has gone
%% nobody wants to know.
await_shares([]) -> [];
await_shares([Share | Others] = Shares) ->
    receive
        {share, Share, {finished, Lost, EndNs, Summary}} -> [{Lost, EndNs, Summary} | await_shares(Others)];
        {'EXIT', Gone, _} = Exit ->
            case lists:member(Gone, Shares) of
                true -> await_shares(Shares -- [Gone]);
                false ->
                    end_shares(Shares),
                    self() ! Exit,
                    []
            end
    end.

end_shares(Shares) -> [exit(Share, shutdown) || Share <- Shares].

%%% Share ---------------------------------------------------------------------------------------------------

share(C0 = #c{head = Head}, Pids, Bounds) ->
    process_flag(trap_exit, true),
    try open(C0#c{keeper = joined()}, Bounds) of
        C1 ->
            try
                {C, _} = make_ready(C1, Pids),
                tell_head(C, {ready, C#c.relay}),
                receive
                    {'begin', Head, Peers} -> begin_share(C#c{peers = Peers});
                    {'EXIT', _, _} -> close(C)
                end
            catch throw:{refused, Kind, Text} ->
                    close(C1),
                    tell_head(C1, {refused, Kind, Text})
            end
    catch throw:{refused, Kind, Text} -> tell_head(C0, {refused, Kind, Text})
    end.

%% Before it has a session: whose is nobody's is destroyed by other profilers.
joined() ->
    Keeper = erlang:monitor(process, ?MODULE),
    catch ?MODULE ! {join, Keeper, self()},
    receive
        {joined, Keeper} -> Keeper;
        {'DOWN', Keeper, process, _, _} -> new_keeper()
    end.

begin_share(C) ->
    {Traced, C1} = take_turn(C),
    tell_head(C, {traced, length(Traced)}),
    Traced =/= [] orelse tell_head(C, exited),
    self() ! tick,
    process_flag(priority, high),
    await_turns(C1),
    control(begin_capture(C1, Traced)).

tell_head(#c{head = Head}, What) -> Head ! {share, self(), What}.

%% Something ends the trace: in all shares, when the head says so.
over(C = #c{head = none}, Why) -> finish(C, Why);
over(C, Why) ->
    tell_head(C, {over, Why}),
    control(C).

is_told_to_finish(Head) ->
    receive {finish, Head, _} = Finish -> self() ! Finish, true
    after 0 -> false
    end.

%%% All of them -----------------------------------------------------------------------------------------------

%% Before OTP 28.3 (erts 16.2) a BIF has one trace switch for all sessions: whose pattern is taken off in one is not traced in the
%% others, until they set theirs again.
tell_peers(#c{peers = []}, _) -> ok;
tell_peers(#c{peers = Peers}, Off) ->
    Bifs = [MFA || {M, F, A} = MFA <- Off, erlang:is_builtin(M, F, A)],
    Bifs =/= [] andalso erts_before(16, 2) andalso [Peer ! {taken_off, Bifs} || Peer <- Peers].

%%% Relay -----------------------------------------------------------------------------------------------------

%% What all relays have, of what this one has so much.
in_all(Own, #r{share = {_, 1, _}}) -> Own;
in_all(Own, #r{share = {Index, Count, Tallies}}) ->
    [begin
         counters:put(Tallies, Kind * Count + Index + 1, Value),
         lists:sum([counters:get(Tallies, Kind * Count + Slot) || Slot <- lists:seq(1, Count)])
     end || {Kind, Value} <- lists:zip([0, 1, 2], Own)].

%% Of the summaries of all relays: the longest queue, and how often was seen what was switched off.
summed(Summaries) ->
    {Queues, Seen} = lists:unzip(Summaries),
    {lists:max(Queues), maps:to_list(lists:foldl(fun({What, Count}, Sum) -> maps:update_with(What, fun(N) -> N + Count end, Count, Sum) end,
                                                 #{}, lists:append(Seen)))}.
