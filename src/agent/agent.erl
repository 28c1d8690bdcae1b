%% The agent: what runs on the node while it is traced, and nothing afterwards.
%%
%% Three kinds of process run this module. The *keeper* holds the module in memory, one for all profilers of
%% this version, and removes it when the last has left. The *controller*, one a profiler, is linked to it: it switches
%% tracing on and off and takes everything down when the profiler is gone. The *relay* is the tracer: it packs events
%% (src/capture/FORMAT.md) and sends them as far as the profiler's credit reaches. Neither the relay nor the VM ever waits
%% for the profiler.
%%
%% The module must load on OTP 25 to 29 whatever compiled it: no binary matching (bs_test_unit is gone from 29).
-module(?AGENT_MODULE).

-export([keep/1, start/2]).

-define(TICK_MS, 100).          % statuses are looked at, small batches sent
-define(WATCH_TICKS, 4).        % ticks between two looks for newly loaded modules
-define(BATCH_EVENTS, 6000).    % a batch is sent when it has this many events: 36 to 60 KB
-define(WINDOW, 8).             % batches under way without an answer: below the node's distribution buffer limit (1 MB)
-define(CHECK_EVENTS, 500).     % events between two looks at the queue
-define(GAP_NS, 20000).         % between two events: longer ones are looked at, for where a process may have waited
-define(BEAT_TICKS, 10).        % an empty batch goes out this often, to learn whether anybody answers
-define(UNANSWERED_MS, 10000).  % tracing stops when no batch was answered for this long
-define(DRAIN_MS, 1000).        % once tracing is off, what is unsent is given up when the last answer is this old
-define(MESSAGE_BYTES, 300).    % what a trace message in the queue takes, about
-define(IDS_MAX, 4000000).      % processes, or functions, in one trace: a little below what a decoder takes
-define(ANSWER_MS, 250).        % how long a process may take to tell of itself
-define(STACK_TRIES, 3).        % more, when the relay cannot tell which moment a stack belongs to
-define(STARTING_EVENTS, 50000). % kept of a process whose stack is being read
-define(TERM_PRINT_MAX, 100000). % words of one term that a backtrace prints at most
-define(STACK_PRINT_MAX, 1000000). % words printed for a backtrace at most: about 20 ms of the process's time
-define(PEEK_PRINT_MAX, 20000).   % the same, many times a second
-define(FRAME_SLOTS, 16).        % words of stack a frame takes at most, on average
-define(BEGINNERS, 32).            % processes whose stacks are waited for at a time, when tracing begins
-define(LOOKS, 100).            % processes looked at, and asked for their names, in one tick
-define(MORE_PEEKS_MS, 60).        % looks between two ticks with a budget: they say where the time is while nothing is traced
-define(LOOK_LATE_MS, 30).         % and the profiler has not asked for one: then it is made all the same
-define(ASK_TICKS, 10).          % between two times that a process is asked where it waits
-define(NAMELESS, 2000).        % spawned processes that wait for that, the newest
-define(OURS_TICKS, 100).       % how long a process of the agent that announced itself is known for one
-define(HOLD_TICKS, 64).         % how long calls are not let in, at most, after one that was of no use
-define(EARLY_TICKS, 5).        % how long a process waits for the event that spawned it
-define(LEGACY_NAME, flambeau_tracer). % who has the one tracer of OTP 25 and 26
-define(CLAIM_NAME, flambeau_claim).   % who is switching tracing on at the moment
-define(CALLS_NAME, flambeau_calls).   % who waits for calls
-define(SESSION_KEY, flambeau_session). % in a controller's dictionary: its trace session
-define(GATE, 16#40000000).            % of the trace control word, see tracing.hrl
-define(OPAQUE_AT_SOURCE, 2000).       % functions, at most, whose calls are left out at the source
-define(PLAN_BYTES, 1000).             % of the names of the modules that will be traced
-define(FULL_CHARS, 8000000).          % of a value that is wanted whole
-define(SHORT_CHARS, 500).
-define(TERMS_WORDS, 1000000).          % of a captured call's copied terms, before they are collected
-define(ANSWER_BYTES, 60000).          % of it in one message
-define(PRINT_MS, 60000).              % how long a value may take to be written
-define(COUNTED, 16#10000).            % functions whose calls are counted, the first
-define(OUTS, ?COUNTED).               % the slot of being scheduled out
-define(CALLS, [{'_', [], [{message, {caller}}]}]).

%% A controller's run: the keys of `pids` are traced, `newborn` are those of them that nobody has described yet, `round` is
%% what is left of the present round of looking at them all; `watched` has a function of each module that should be traced.
%% `capture` says what is traced: processes; {functions, HowMany, SlowerNs, TimeoutMs}, calls of `functions` in any process;
%% {own, Text, Repeat, Warmup, Full}, calls of the one function in `functions`, made by `runner`; {sample, IntervalMs}, none:
%% stacks are read (sampler.hrl). Of the processes that are meant those `later` are not traced yet, of which so many have the next `turn` (turns.hrl). With several controllers (shares.hrl) `head` is the first, none in itself; `peers` are the others; of `working`, which the head has, processes are alive.
-record(c, {client, keeper, relay, api, session, capture, functions = [], select, spec, spawned, duration_ms,
            timeout, carriers = [], runner, off = #{}, pids = #{}, newborn = [], round = none, watched = #{}, sessions = [], ticks = 0,
            looker, overhead = full, later = [], turn = 0, turns_ms = 0, head = none, share = share_of_one(), peers = [], working = [], calls = unpaused}).

%%% Keeper --------------------------------------------------------------------------------------------------

%% Entered by the process that has registered itself under this module's name and loaded it. Who made that process is its
%% first member: it may be killed before it joins.
keep(Maker) ->
    keep(#{erlang:monitor(process, Maker) => Maker}, #{}).

keep(Members, Helpers) ->
    receive
        {join, Ref, Pid} ->
            Pid ! {joined, Ref},
            case lists:member(Pid, maps:values(Members)) of
                true -> keep(Members, Helpers);
                false -> keep(Members#{erlang:monitor(process, Pid) => Pid}, Helpers)
            end;
        {helper, Pid} -> keep(Members, Helpers#{erlang:monitor(process, Pid) => Pid});
        {'DOWN', Monitor, process, _, _} when is_map_key(Monitor, Helpers) -> keep(Members, maps:remove(Monitor, Helpers));
        {'DOWN', Monitor, process, _, Why} ->
            Why =:= normal orelse clear_after_killed(),
            Rest = maps:remove(Monitor, Members),
            map_size(Rest) =:= 0 andalso [exit(Pid, kill) || Pid <- maps:values(Helpers)],
            keep(Rest, Helpers)
    after case map_size(Members) + map_size(Helpers) of 0 -> 0; _ -> infinity end ->
        %% Both calls leave this module: the purge finds no process in it, this one included. Whoever wants to
        %% join meanwhile sees this process end, and starts anew.
        code:delete(?MODULE),
        code:purge(?MODULE)
    end.

%% Who does something on the side. It must not begin when the code has gone: that is an error for the node's logger, which
%% forwards it to where the process's group leader is, the profiler, and so has the node look for it when it has gone, too.
helper(Work, Options) ->
    Helper = spawn_opt(Work, Options),
    catch ?MODULE ! {helper, case Helper of {Pid, _} -> Pid; Pid -> Pid end},
    Helper.

%% A controller that was killed leaves its work to its relay. If that was killed too, legacy patterns are still there.
clear_after_killed() ->
    receive after 100 -> ok end,
    whereis(?CALLS_NAME) =:= undefined andalso whereis(?LEGACY_NAME) =:= undefined andalso close_gate(),
    api() =:= legacy andalso whereis(?LEGACY_NAME) =:= undefined andalso begin
        clear_triggers(),
        clear_calls(#c{api = legacy}),
        [erlang:trace_info(Pid, tracer) || Pid <- erlang:processes()] % which is when the VM takes a dead tracer's flags off
    end,
    api() =:= session andalso destroy_abandoned().

%%% Controller ----------------------------------------------------------------------------------------------

%% Client: the profiler's pid. Asked: what to trace and the bounds, see src/collect/agent_session.c.
start(Client, Asked) ->
    process_flag(trap_exit, true),
    try prepare(Client, Asked) of
        {C, Pids} ->
            try begin_trace(C, Pids)
            catch throw:{refused, Kind, Text} ->
                    close(C),
                    refuse(Client, Kind, Text)
            end
    catch
        throw:{refused, Why, What} -> refuse(Client, Why, What)
    after
        stop_runner(get(runner)),
        whereis(?MODULE) =:= undefined andalso new_keeper() % somebody killed it: the module must go with us
    end.

%% Where the profiler has gone already, another that has its name would take the refusal for its own.
refuse(_, gone, _) -> ok;
refuse(Client, Kind, Text) ->
    tell(Client, {flambeau, refused, Kind, unicode:characters_to_binary(Text)}).

%% Never waits for the profiler.
tell(Client, Message) -> erlang:send(Client, Message, [nosuspend, noconnect]).

%% The module `trace` of OTP 27 is loaded on first use.
api() ->
    case code:ensure_loaded(trace) =:= {module, trace} andalso erlang:function_exported(trace, session_create, 3) of
        true -> session;
        false -> legacy
    end.

prepare(Client, {Targets, {Only, Skip, Opaque}, Spawned, DurationMs, Bounds, Overhead, Capture}) ->
    C0 = #c{client = Client, overhead = Overhead, keeper = erlang:monitor(process, ?MODULE), api = api(), spawned = Spawned, capture = Capture,
            duration_ms = DurationMs, turns_ms = turns_ms(DurationMs), carriers = carriers(node(Client)),
            select = {[glob(G) || G <- Only], [glob(G) || G <- Skip], [glob(G) || G <- Opaque]}},
    {Functions, Runner, Pids} = mean(C0, Targets),
    C1 = C0#c{functions = Functions, runner = Runner},
    {Own, C} = share_out(C1#c{spec = calls_spec(C1)}, Pids, Bounds),
    {open(C, Bounds), Own}.

open(C0, Bounds) ->
    C = open_session(C0, Bounds),
    measure_costs(C),
    set_budget(C),
    C.

mean(C = #c{capture = {own, _, _, _, _}}, []) ->
    {Runner, MFA} = start_runner(C),
    {[MFA], Runner, [Runner]};
mean(#c{capture = {functions, _, _, _}}, Targets) ->
    {lists:usort(lists:append([functions_named(Text) || {function, Text} <- Targets])), none, []};
mean(#c{capture = {sample, _}}, [{all, _} | _]) ->
    {[], none, all};
mean(#c{capture = {sample, _}}, Targets) ->
    {[], none, lists:usort(lists:append([target(Target) || Target <- Targets]))};
mean(#c{capture = processes, carriers = Carriers}, Targets) ->
    {[], none, lists:usort(lists:append([not_carrying(Target, target(Target), Carriers) || Target <- Targets]))}.

not_carrying({_, Text}, Pids, Carriers) ->
    case Pids -- Carriers of
        [] -> refused(no_process, [Text, " carries flambeau's own connection"]);
        Others -> Others
    end.

begin_trace(C = #c{capture = {sample, _}}, Targets) ->
    begin_sampling(C, Targets);
begin_trace(C0 = #c{client = Client, relay = Relay, peers = Shares}, Pids) ->
    {C, Functions} = make_ready(C0, Pids),
    tell_plan(C, Functions),
    Relays = [Relay | [Other || Share <- Shares, {ready, Other} <- [heard(Share)]]],
    Begin = erlang:monotonic_time(nanosecond),
    tell(Client, {flambeau, started, Relays, self()}), % before their first batches
    [Share ! {'begin', self(), [self() | Shares -- [Share]]} || Share <- Shares],
    {Traced, C1} = take_turn(C),
    length(Traced) + lists:sum([Count || Share <- Shares, {traced, Count} <- [heard(Share)]]) > 0 orelse Pids =:= [] orelse
        refused(no_process, "all of them ended before tracing began"),
    tell_facts(Relay, lists:sum([Count || {_, Count} <- Functions]), Begin),
    self() ! tick,
    process_flag(priority, high), % as the relay: a decision must not wait behind the processes that it is about
    Traced =/= [] orelse Shares =:= [] orelse (self() ! {share, self(), exited}),
    await_turns(C1),
    control(begin_capture(C1, Traced)).

make_ready(C = #c{relay = Relay, runner = Runner}, Pids) ->
    %% Before tracing, so that modules this needs are not loaded during it.
    Kind = case Runner of none -> process; _ -> runner end,
    [Relay ! {Kind, Pid, describe_timely(Relay, Pid)} || Pid <- Pids],
    [_] = frame(<<"0x0 Return addr 0x0 (a:b/0 + 1)">>),
    Busy = takes_turns(C, Pids) andalso reductions(C, Pids),
    Functions = set_patterns(C),
    Functions =/= [] orelse C#c.functions =/= [] orelse
        refused(no_function, "no loaded function is left to trace: see --only and --skip"),
    {Turn, Ordered} = in_turns(C, Pids, Busy),
    {C#c{watched = probes(C), looker = helper(fun() -> ok end, []), later = Ordered, turn = Turn}, Functions}.

begin_capture(C = #c{capture = processes}, Traced) ->
    start_clock(begin_all(C, Traced));
begin_capture(C = #c{capture = {own, _, _, _, _}, runner = Runner}, _) ->
    Runner ! {go, self(), C#c.relay},
    start_clock(C);
begin_capture(C = #c{capture = {functions, _, _, TimeoutMs}, relay = Relay}, _) ->
    set_triggers(C, C#c.functions),
    Relay ! open,
    C#c{timeout = TimeoutMs =:= 0 orelse erlang:send_after(TimeoutMs, self(), no_call)}.

%% Several at a time: each waits for its process, and all are traced in full by now. A decision of the budget does not wait for that.
begin_all(C, Traced) -> begun(C, maps:from_list(begin_aside(C, Traced))).

begin_aside(#c{relay = Relay}, Traced) ->
    Control = self(),
    [helper(fun() ->
                    Relay ! {ours, self()},
                    [begin
                         begin_process(Relay, Control, Pid),
                         Control ! {placed, Pid}
                     end || Pid <- Some]
            end, [monitor]) || Some <- dealt(Traced, #{}, 0)].

begun(C, Helpers) when map_size(Helpers) =:= 0 -> C;
begun(C = #c{relay = Relay}, Helpers) ->
    receive
        {'DOWN', _, process, Pid, _} when is_map_key(Pid, Helpers) -> begun(C, maps:remove(Pid, Helpers));
        {switch, Off, On, Blindly} -> begun(switch(C, Off, On, Blindly), Helpers);
        {calls, On} -> begun(switch_calls(C, On), Helpers);
        turn -> begun(turned(C), Helpers);
        all_turns -> begun(all_turns(C), Helpers);
        {restack, Pid, Tries} ->
            tell_stack_later(C, Pid, Tries),
            begun(C, Helpers);
        tick ->
            erlang:send_after(?TICK_MS, self(), tick),
            Relay ! tick,
            begun(C, Helpers);
        %% What ends it does not wait.
        {'EXIT', _, _} = Over -> self() ! Over, C;
        {stop, _} = Over -> self() ! Over, C;
        {bound, _} = Over -> self() ! Over, C;
        {finish, _, _} = Over -> self() ! Over, C
    end.

%% By somebody else: who waits for processes that call without end hears of nothing else, while their events pile up.
tell_stack_later(#c{relay = Relay}, Pid, Tries) ->
    Control = self(),
    helper(fun() ->
                   Relay ! {ours, self()},
                   tell_stack(Relay, Pid, Tries),
                   is_process_alive(Pid) orelse (Control ! {gone, Pid})
           end, []).

dealt([], Hands, _) -> maps:values(Hands);
dealt([Pid | Pids], Hands, N) ->
    dealt(Pids, maps:update_with(N rem ?BEGINNERS, fun(Hand) -> [Pid | Hand] end, [Pid], Hands), N + 1).

start_clock(C = #c{duration_ms = DurationMs}) ->
    DurationMs =:= 0 orelse erlang:send_after(DurationMs, self(), deadline),
    C#c{timeout = none}.

%% For a person, before anything is traced.
tell_plan(#c{client = Client, functions = Captured}, Functions) ->
    Names = lists:join(", ", [spoken(M) || {M, _} <- lists:sort(Functions)]),
    Text = unicode:characters_to_binary(Names),
    Cut = string:slice(Text, 0, ?PLAN_BYTES),
    tell(Client, {flambeau, planned, lists:sum([Count || {_, Count} <- Functions]), length(Functions),
                  unicode:characters_to_binary([Cut, [" ..." || byte_size(Text) > byte_size(Cut)]]),
                  unicode:characters_to_binary(lists:join(", ", [spoken(M, F, A) || {M, F, A} <- Captured]))}).

tell_facts(Relay, Functions, Begin) ->
    Facts = [{"node", atom_to_list(node())},
             {"otp", erlang:system_info(otp_release)},
             {"erts", erlang:system_info(version)},
             {"started", utc_text(erlang:universaltime())},
             {"begin_ns", integer_to_list(Begin)},
             {"system", io_lib:format("~s, ~b bits, ~b schedulers", [erlang:system_info(system_architecture),
                                                                     8 * erlang:system_info({wordsize, external}),
                                                                     erlang:system_info(schedulers_online)])},
             {"functions", integer_to_list(Functions)} |
             [{"untraced_ns", integer_to_list(Ns)} || Ns <- [get(untraced_ns)], is_integer(Ns)] ++
             [{"elixir", Version} || {ok, Version} <- [application:get_key(elixir, vsn)]]],
    Relay ! {facts, Facts}.

%% By hand: `calendar` may not be loaded on the node, and need not be for our sake.
utc_text({{Year, Month, Day}, {Hour, Minute, Second}}) ->
    io_lib:format("~4..0w-~2..0w-~2..0wT~2..0w:~2..0w:~2..0wZ", [Year, Month, Day, Hour, Minute, Second]).

control(C = #c{client = Client, relay = Relay}) ->
    receive
        {'EXIT', Relay, _} -> close(C);
        {'EXIT', Runner, Why} when Runner =:= C#c.runner -> finish(C#c{runner = {ended, Why}}, returned);
        {'EXIT', _, _} -> close(C); % the profiler, or the way to it
        {stop, Client} -> finish(C, interrupted);
        {bound, Which} -> over(C, Which);
        {finish, Head, Why} when Head =:= C#c.head -> finish(C, Why);
        {share, Share, exited} -> exited(C, Share);
        {share, _, {over, Why}} -> finish(C, Why);
        {taken_off, Bifs} ->
            [catch pattern(C, MFA, C#c.spec) || MFA <- Bifs, not is_map_key(MFA, C#c.off)],
            control(C);
        deadline -> finish(C, deadline);
        {gone, Pid} -> gone(C#c{pids = maps:remove(Pid, C#c.pids)});
        turn -> control(turned(C));
        all_turns -> control(all_turns(C));
        {placed, Pid} ->
            placed(C, Pid),
            control(C);
        no_call when C#c.timeout =/= none -> finish(C, timeout);
        {begun, Pid, Newborn} ->
            C1 = case C#c.timeout of none -> C; _ -> start_clock(C) end,
            C2 = C1#c{pids = (C#c.pids)#{Pid => []}, newborn = [Pid || Newborn] ++ C#c.newborn},
            flag_begun(C2, Pid),
            case is_shared(whose(C), Pid) of
                true -> finish(C2, 'other-tracer');
                false -> control(C2)
            end;
        shared -> over(C, 'other-tracer');
        {switch, Off, On, Blindly} -> control(switch(C, Off, On, Blindly));
        {calls, On} -> control(switch_calls(C, On));
        look ->
            [Looker ! look || Looker <- [C#c.looker | [Share || C#c.head =:= none, Share <- C#c.peers]]],
            control(C);
        {over, Pid} ->
            end_process(C, Pid),
            delivered(C, Pid),
            control(C#c{pids = maps:remove(Pid, C#c.pids)});
        {trace_delivered, Pid, _} ->
            Relay ! {off, Pid, is_process_alive(Pid)}, % behind everything that was emitted before
            control(C);
        enough -> finish(C, calls);
        {own_call_ended, Runner} when Runner =:= C#c.runner -> finish(C, returned);
        {restack, Pid, Tries} ->
            tell_stack_later(C, Pid, Tries),
            control(C);
        {where_waits, Pid} ->
            helper(fun() -> tell_waits(Relay, Pid) end, []),
            control(C);
        {born, Pid} ->
            flag_newborn(C, Pid),
            control(C#c{pids = (C#c.pids)#{Pid => []}, newborn = [Pid | C#c.newborn]});
        {'DOWN', Keeper, process, _, _} when Keeper =:= C#c.keeper ->
            control(C#c{keeper = new_keeper()});
        tick ->
            erlang:send_after(?TICK_MS, self(), tick),
            Relay ! tick,
            case look_round(C#c{newborn = lists:sublist(C#c.newborn, ?NAMELESS)}) of
                C1 = #c{capture = {functions, _, _, _}, api = session, sessions = Before} ->
                    %% Its processes may be those that calls are waited for in.
                    case trace:session_info(all) -- Before of
                        [] -> control(watch(C1));
                        _ -> finish(C1, 'other-tracer')
                    end;
                C1 -> control(watch(C1))
            end;
        _ ->
            control(C)
    end.

gone(C = #c{pids = Pids}) when map_size(Pids) > 0; C#c.capture =/= processes -> control(C);
gone(C = #c{later = [_ | _]}) -> gone(next_turn(C));
gone(C = #c{head = none}) -> exited(C, self());
gone(C) ->
    tell_head(C, exited),
    control(C).

%% Somebody killed the keeper: one of the controllers becomes the first member of another.
new_keeper() ->
    Maker = self(),
    spawn(fun() -> try register(?MODULE, self()) of true -> keep(Maker) catch error:badarg -> ok end end),
    receive after 10 -> ok end,
    Keeper = erlang:monitor(process, ?MODULE),
    catch ?MODULE ! {join, Keeper, self()},
    Keeper.

watch(C0 = #c{ticks = Ticks}) ->
    C = mend_bifs(C0),
    case Ticks of
        ?WATCH_TICKS ->
            gauge_again(C),
            C#c{ticks = 0, watched = watch_modules(C)};
        _ -> C#c{ticks = Ticks + 1}
    end.

%% Before OTP 28.3 (erts 16.2) a BIF has one trace switch for all sessions, and a session that ends switches it off for
%% the others (OTP, erl_bif_trace.c, is_bif_traced). Whenever one has gone, ours is switched on again.
mend_bifs(C = #c{api = session, sessions = Before, relay = Relay, head = Head}) ->
    Now = trace:session_info(all),
    case Before -- Now =/= [] andalso erts_before(16, 2) andalso not is_told_to_finish(Head) of
        true ->
            set_patterns(C),
            tell_peers(C, maps:keys(C#c.off)),
            Relay ! {facts, [{"untraced", "calls of BIFs for a tenth of a second, when another trace session ended "
                              "(a bug of OTP before 28.3)"}]};
        false -> ok
    end,
    C#c{sessions = Now};
mend_bifs(C) -> C.

erts_before(Major, Minor) ->
    [A, B | _] = [list_to_integer(Part) || Part <- string:lexemes(erlang:system_info(version) ++ ".0", ".-rc")],
    {A, B} < {Major, Minor}.

%% Some of the processes at each tick; by somebody who may have to wait for one that has signals to handle. The
%% newest are asked for their names; of those that have gone meanwhile, what their spawning told is all there is.
look_round(C = #c{pids = Pids, newborn = Newborn, round = Round, relay = Relay, looker = Looker, overhead = Overhead}) ->
    Control = self(),
    Whose = whose(C),
    case is_process_alive(Looker) of
        true -> C;
        false ->
            {Now, Later} = take(?LOOKS, case Round of none -> maps:iterator(Pids); _ -> Round end, []),
            {Nameless, Rest} = lists:split(min(?LOOKS, length(Newborn)), Newborn),
            C#c{round = Later, newborn = Rest, looker = helper(fun() ->
                Relay ! {ours, self()},
                Overhead =:= full orelse await_look(),
                Looks = look(Now),
                Relay ! {looked, Looks},
                Overhead =:= full orelse (Relay ! {peeked, timely(Relay, fun() -> peek(Looks) end, [])}),
                lists:any(fun(Pid) -> is_shared(Whose, Pid) end, Now) andalso (Control ! shared),
                [Relay ! {described, Pid, describe_timely(Relay, Pid)} || Pid <- Nameless, is_process_alive(Pid)],
                Overhead =:= full orelse peek_on(Relay, Now, fun await_look/0, ?MORE_PEEKS_MS)
            end, [])}
    end.

%% As many keys of what is left of an iterator; `none` is left at its end.
take(0, Iterator, Taken) -> {Taken, Iterator};
take(Count, Iterator, Taken) ->
    case maps:next(Iterator) of
        {Key, _, Rest} -> take(Count - 1, Rest, [Key | Taken]);
        none -> {Taken, none}
    end.

%% Tracing off first, so that nothing more is emitted; what has been emitted is waited for, sent on, and answered.
finish(C = #c{client = Client, relay = Relay, head = Head}, Why) ->
    process_flag(priority, normal),
    Head =:= none andalso [Share ! {finish, self(), Why} || Share <- C#c.peers],
    lists:member(Why, [calls, returned, exited]) orelse (Relay ! stop), % what ends from here on has not been seen whole
    Pids = maps:keys(C#c.pids),
    Nameless = lists:sublist(C#c.newborn, ?LOOKS),
    [Relay ! {described, Pid, Description} ||
        {Pid, Description} <- timely(Relay, fun() -> [{Pid, describe(Pid)} || Pid <- Nameless, is_process_alive(Pid)] end, [])],
    Relay ! {looked, timely(Relay, fun() -> look(Pids) end, [])},
    clear_patterns(C), % the processes' time slices become short again
    Ends = [{Pid, end_process(C, Pid)} || Pid <- Pids],
    Waits = [delivered(C, Pid) || Pid <- Pids],
    [receive {trace_delivered, _, Ref} -> ok after 1000 -> ok end || Ref <- Waits],
    end_session(C),
    OwnEndNs = erlang:monotonic_time(nanosecond),
    {Losts, EndsNs, Summaries} = lists:unzip3(case Head of none -> await_shares(C#c.peers); _ -> [] end),
    EndNs = lists:max([OwnEndNs | EndsNs]),
    Relay ! {ends, Ends, Why, EndNs, case Head of none -> Summaries; _ -> none end},
    {OwnLost, Summary} = await_relay(),
    Lost = lists:sum([OwnLost | Losts]),
    leave(C),
    case Head of
        none ->
            answer(C, Why),
            tell(Client, {flambeau, ended, Why, Lost, EndNs});
        _ ->
            unlink(Head),
            tell_head(C, {finished, Lost, EndNs, Summary})
    end.

await_relay() ->
    receive
        {drained, Lost, Summary} -> {Lost, Summary};
        {'EXIT', _, _} -> {0, {0, []}}
    end.

%% The way out when there is nobody to tell.
close(C = #c{pids = Pids, peers = Peers, head = Head}) ->
    Head =:= none andalso end_shares(Peers),
    clear_patterns(C),
    [end_process(C, Pid) || Pid <- maps:keys(Pids)],
    end_session(C),
    leave(C).

%% Also for processes that were spawned too late to be known.
end_session(#c{api = session, session = Session}) ->
    trace:session_destroy(Session);
end_session(C = #c{api = legacy, relay = Relay, spawned = Spawned, capture = Capture}) ->
    (Spawned orelse is_tuple(Capture)) andalso
        [end_process(C, Pid) || Pid <- erlang:processes(), erlang:trace_info(Pid, tracer) =:= {tracer, Relay}].

leave(#c{api = Api, relay = Relay, capture = Capture}) ->
    unlink(Relay),
    Ref = erlang:monitor(process, Relay),
    exit(Relay, kill),
    receive {'DOWN', Ref, process, Relay, _} -> ok end,
    is_atom(Capture) orelse close_gate(), % which the relay may have opened once more
    Api =:= legacy andalso unregister(?LEGACY_NAME).

-include("targets.hrl").
-include("tracing.hrl").
-include("sampler.hrl").
-include("own_call.hrl").
-include("costs.hrl").
-include("relay.hrl").
-include("shares.hrl").
-include("overhead.hrl").
-include("turns.hrl").
-include("looks.hrl").
-include("restack.hrl").
-include("pace.hrl").
-include("calls.hrl").
-include("batches.hrl").
