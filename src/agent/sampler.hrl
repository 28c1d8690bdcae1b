%% Sampling (`--sample`): stacks are read at an interval, and nothing is traced: no session, no flags, no patterns. The
%% sampler, a process beside the relay, looks at each process, and tells the relay of what has changed. Part of the agent's one
%% module (agent.erl).
%%
%% Looks are taken when the profiler says so, at random distances of an interval on average. A timer of the node would not do:
%% all of them go off at the node's own milliseconds, so that whoever a timer has just woken would be seen each time.
%%
%% The time of each process is cut into stretches that follow each other. Each has one look, at a random moment in it, and is
%% billed to what that look found; how long a stretch is is decided before it begins, by what was found before. So what a
%% process is found doing is expected to weigh what it does, however often it is looked at, and a process that waits
%% and waits is looked at less and less often. A look that comes late makes its stretch longer: nobody looked meanwhile.

-define(IDLE_STRETCH, 16).        % intervals between two looks at a process that waits, unless that is more than a second
-define(IDLE_STRETCH_MAX, 1024).  % ... when there is more to look at than ?LOOK_WORK allows
-define(BUSY_STRETCH_MAX, 64).    % intervals between two looks at others; one unless even that is too much
-define(LOOK_WORK, 3000).         % looks a second, or
-define(INTERVAL_WORK, 30).       % looks an interval, at which there are enough: about 10 ms of a scheduler's second
-define(READ_WORK, 4).            % a stack that is read costs as much as these
-define(READERS, 500).            % stacks that are waited for at a time
-define(READ_TOGETHER, 8).       % of them, by one reader
-define(FIRST_LOOKS, 50).         % first looks in an interval
-define(EASED_NS, 250000000).     % between two looks at how much work it was
-define(LISTED_NS, 100000000).    % between two looks for new processes
-define(LISTED_SHARE, 200).       % ... at least so many times as long as that takes
-define(SAMPLE_PRINT_MAX, 200000).% words printed for a backtrace at most: 4 ms of the process's time
-define(SAMPLE_TEXT_MAX, 16000).  % bytes of one after which that process is not asked for another
-define(LINES_MAX, 100000).       % lines of backtraces whose functions are remembered

%% A process: its present stretch began at `since` and is `stretch` intervals long. `found` is what the look before has found,
%% {Status, Frames, Cut}, or none. What waits and has these `reductions` has not run since then: its stack is the same. It is only
%% read in full where that is not `dear`.
-record(s, {pid, since, stretch = 1, found = none, reductions = none, is_dear = false}).

%% `slots` has the processes by the interval, counted from the node's zero, after which they have their next look; those in
%% `soon` have it at once. `asked` are those whose stack is waited for, with the status they were found in: `readers` are reading
%% those that wait, since when and which, but for the `unread`. `ease` is how many times the stretches were doubled
%% because there was too much work. `told` is what the relay has not been told yet, newest first.
-record(sampler, {control, relay, interval, next, depth, slots = #{}, soon = [], asked = #{}, unread = [], readers = #{},
                  known = none, list_at,
                  ease = 0, work = 0, work_since, lines = #{}, told = [], nameless = [], describer, looks = 0, reads = 0}).

%%% Controller ----------------------------------------------------------------------------------------------

%% Who carries the connection has always just run when a look is taken: of a whole node it is left out.
begin_sampling(C = #c{capture = {sample, IntervalMs}, relay = Relay, client = Client, carriers = Carriers}, Targets) ->
    Control = self(),
    Interval = IntervalMs * 1000000,
    Sampler = spawn_opt(fun() -> sampler(Control, Relay, Targets, Carriers, Interval) end, [link, {priority, high}]),
    Relay ! {sampling, Interval},
    tell(Client, {flambeau, started, [Relay], self(), Sampler}),
    tell_facts(Relay, 0, erlang:monotonic_time(nanosecond)),
    self() ! tick,
    sampling(start_clock(C), Sampler).

sampling(C = #c{client = Client, relay = Relay}, Sampler) ->
    receive
        {'EXIT', _, _} -> leave_sampling(C, Sampler); % the profiler, or one of ours that somebody has killed
        {stop, Client} -> finish_sampling(C, Sampler, interrupted);
        {bound, Which} -> finish_sampling(C, Sampler, Which);
        deadline -> finish_sampling(C, Sampler, deadline);
        exited -> finish_sampling(C, Sampler, exited);
        {'DOWN', Keeper, process, _, _} when Keeper =:= C#c.keeper -> sampling(C#c{keeper = new_keeper()}, Sampler);
        tick ->
            erlang:send_after(?TICK_MS, self(), tick),
            Relay ! tick,
            sampling(C, Sampler);
        _ -> sampling(C, Sampler)
    end.

%% The sampler tells the relay the end, behind all else: unless it is stuck, see look/3.
finish_sampling(C = #c{client = Client, relay = Relay}, Sampler, Why) ->
    Sampler ! {finish, Why},
    EndNs = receive
                {finished, Ns} -> Ns
            after 2000 ->
                Relay ! {ends, [], Why, erlang:monotonic_time(nanosecond), []},
                erlang:monotonic_time(nanosecond)
            end,
    {Lost, _} = await_relay(),
    leave_sampling(C, Sampler),
    tell(Client, {flambeau, ended, Why, Lost, EndNs}).

leave_sampling(#c{relay = Relay}, Sampler) ->
    Gone = [begin
                unlink(Pid),
                Ref = erlang:monitor(process, Pid),
                exit(Pid, kill),
                Ref
            end || Pid <- [Sampler, Relay]],
    [receive {'DOWN', Ref, process, _, _} -> ok end || Ref <- Gone].

%%% Sampler -------------------------------------------------------------------------------------------------

sampler(Control, Relay, Targets, Carriers, Interval) ->
    Now = erlang:monotonic_time(nanosecond),
    S0 = #sampler{control = Control, relay = Relay, interval = Interval, next = slot_of(Now, Interval) + 1, list_at = Now,
                 depth = trace_depth(80), work_since = Now, describer = spawn(fun() -> ok end)},
    sampler(case Targets of
                all -> S0#sampler{known = maps:from_keys(Carriers, [])};
                Pids -> come(Pids, Now, S0)
            end).

sampler(S = #sampler{control = Control, known = None, soon = Soon, slots = Slots, asked = Asked}) ->
    None =:= none andalso Soon =:= [] andalso map_size(Slots) + map_size(Asked) =:= 0 andalso (Control ! exited),
    receive
        look ->
            one_look(),
            sampler(describe_sampled(tell_sampled(eased(listed(look_around(erlang:monotonic_time(nanosecond), S))))));
        {stacks, Reader, Read} -> sampler(stacks_read(Reader, Read, S));
        {finish, Why} -> finish_sampler(Why, S)
    end.

%% Of several that had to wait.
one_look() -> receive look -> one_look() after 0 -> ok end.

slot_of(Ns, Interval) -> (Ns - ((Ns rem Interval) + Interval) rem Interval) div Interval. % a time may be negative

%% Below Range.
random(Seed, Range) -> (erlang:phash2(Seed, 1 bsl 27) * Range) bsr 27.

%% Frames that a short form has at most: the node's own setting, which is read off one of our own. It takes turns because
%% neighbors with the same return address are shown as one.
trace_depth(0) ->
    {current_stacktrace, Frames} = process_info(self(), current_stacktrace),
    length(Frames);
trace_depth(N) -> abs(trace_depth_too(N)).
trace_depth_too(N) -> abs(trace_depth(N - 1)).

%% New processes. Where they are many their first looks, which read their stacks, are spread over longer.
come(Pids, Now, S) ->
    E = #s{stretch = max(1, min(idle_stretch(S), length(Pids) div ?FIRST_LOOKS))},
    lists:foldl(fun(Pid, Sum) -> begin_stretch(Now, E#s{pid = Pid}, Sum) end, S, Pids).

idle_stretch(#sampler{interval = Interval}) -> max(1, min(?IDLE_STRETCH, 1000000000 div Interval)).

%% A stretch begins. One of a single interval ends with its look.
begin_stretch(Since, E = #s{stretch = 1}, S = #sampler{soon = Soon}) ->
    S#sampler{soon = [E#s{since = Since} | Soon]};
begin_stretch(Since, E = #s{pid = Pid, stretch = Stretch}, S = #sampler{interval = Interval}) ->
    look_after(Since + random({Pid, Since}, Stretch * Interval), E#s{since = Since}, S).

look_after(Due, E, S = #sampler{next = Next, interval = Interval, slots = Slots}) ->
    Slot = max(Next, slot_of(Due, Interval)),
    S#sampler{slots = case Slots of
                          #{Slot := Entries} -> Slots#{Slot := [E | Entries]};
                          #{} -> Slots#{Slot => [E]}
                      end}.

%% New processes, where all are sampled.
listed(S = #sampler{known = none}) -> S;
listed(S = #sampler{known = Known, list_at = At}) ->
    case erlang:monotonic_time(nanosecond) of
        Now when Now < At -> S;
        Now ->
            Pids = erlang:processes(),
            New = [Pid || Pid <- Pids, not is_map_key(Pid, Known)],
            S1 = come(New, Now, S),
            Took = erlang:monotonic_time(nanosecond) - Now,
            S1#sampler{known = lists:foldl(fun(Pid, Sum) -> Sum#{Pid => []} end, Known, New),
                       list_at = Now + max(?LISTED_NS, ?LISTED_SHARE * Took)}
    end.

%% Who runs while we do is not all who would: on one of the schedulers it is us who run. Of those that wait for a scheduler one
%% would have it otherwise, each as likely.
look_around(Now, S = #sampler{next = Next, interval = Interval, slots = Slots, soon = Soon, looks = Looks, work = Work}) ->
    Queued = erlang:statistics(total_run_queue_lengths),
    Slot = slot_of(Now, Interval),
    {Due, Later} = take_slots(Next, Slot - 1, Slots, Soon),
    S1 = S#sampler{next = max(Next, Slot), slots = Later, soon = [], looks = Looks + length(Due), work = Work + length(Due)},
    {S2, Runnable} = look_at(Due, Now, [], S1),
    Displaced = case Runnable of
                    [] -> none;
                    _ -> erlang:phash2(Now, max(Queued, length(Runnable)))
                end,
    {_, S3} = lists:foldl(fun(E, {Nth, Sum}) ->
                                  Status = case Nth of Displaced -> running; _ -> runnable end,
                                  {Nth + 1, ask_stack(E, Status, Now, Sum)}
                          end, {0, S2}, Runnable),
    read_next(Now, S3).

take_slots(Slot, Last, Slots, Due) when Slot > Last -> {Due, Slots};
take_slots(Slot, Last, Slots, Due) ->
    case Slots of
        #{Slot := Entries} -> take_slots(Slot + 1, Last, maps:remove(Slot, Slots), Entries ++ Due);
        #{} -> take_slots(Slot + 1, Last, Slots, Due)
    end.

%% Both of what is asked here is answered at once, by the VM: neither sends the process a signal, but where it begins to
%% run between the two.
look_at([], _, Runnable, S) -> {S, Runnable};
look_at([E = #s{pid = Pid, found = Found, reductions = Before} | Rest], Now, Runnable, S) ->
    case process_info(Pid, status) of
        {status, waiting} ->
            case process_info(Pid, reductions) of
                {reductions, Before} -> look_at(Rest, Now, Runnable, found(Found, E, Now, S));
                {reductions, Other} -> look_at(Rest, Now, Runnable, ask_stack(E#s{reductions = Other}, waiting, Now, S));
                undefined -> look_at(Rest, Now, Runnable, gone(E, S))
            end;
        {status, runnable} -> look_at(Rest, Now, [E | Runnable], S);
        {status, exiting} -> look_at(Rest, Now, Runnable, found(Found, E, Now, S));
        {status, Status} -> look_at(Rest, Now, Runnable, ask_stack(E, Status, Now, S));
        undefined -> look_at(Rest, Now, Runnable, gone(E, S))
    end.

%% Whoever asks a process for its stack waits until it handles signals, and may wait long: somebody else does. For one that
%% waits it is but a moment: a few of them are asked one after another by one reader. Others have a reader each.
ask_stack(E = #s{pid = Pid}, _, Now, S = #sampler{asked = Asked, interval = Interval}) when map_size(Asked) >= ?READERS ->
    look_after(Now + random({Pid, Now}, ?IDLE_STRETCH * Interval), E, S);
ask_stack(E = #s{pid = Pid}, Status, Now, S = #sampler{asked = Asked, unread = Unread, reads = Reads, work = Work}) ->
    S1 = S#sampler{asked = Asked#{Pid => {E, Status, Now}}, reads = Reads + 1, work = Work + ?READ_WORK},
    case Status of
        waiting -> S1#sampler{unread = [Pid | Unread]};
        _ -> start_reader([Pid], S1), S1
    end.

start_reader(Pids, #sampler{asked = Asked, depth = Depth}) ->
    Sampler = self(),
    Asks = [begin #{Pid := {E, Status, _}} = Asked, {Pid, Status, E#s.is_dear} end || Pid <- Pids],
    spawn_opt(fun() -> Sampler ! {stacks, self(), [{Pid, read_sample(Pid, Status, Depth, IsDear)} || {Pid, Status, IsDear} <- Asks]} end,
              [link, {priority, high}]).

%% Those that wait are read a few by one reader. When it is stuck, each of them gets one of its own.
read_next(Now, S = #sampler{readers = Readers, unread = Unread, asked = Asked}) ->
    Stuck = [Reader || {Reader, {Since, _}} <- maps:to_list(Readers), Now - Since > 1000000 * ?ANSWER_MS],
    [begin
         unlink(Reader),
         exit(Reader, kill),
         #{Reader := {_, Pids}} = Readers,
         [start_reader([Pid], S) || Pid <- Pids, is_map_key(Pid, Asked)]
     end || Reader <- Stuck],
    read_together(Now, Unread, S#sampler{readers = maps:without(Stuck, Readers), unread = []}).

read_together(_, [], S) -> S;
read_together(Now, Unread, S = #sampler{readers = Readers}) ->
    {Pids, Rest} = lists:split(min(?READ_TOGETHER, length(Unread)), Unread),
    read_together(Now, Rest, S#sampler{readers = Readers#{start_reader(Pids, S) => {Now, Pids}}}).

stacks_read(Reader, Read, S = #sampler{readers = Readers}) ->
    lists:foldl(fun({Pid, Stack}, Sum) -> stack_read(Pid, Stack, Sum) end, S#sampler{readers = maps:remove(Reader, Readers)}, Read).

%% {Stack, HowOftenAsked, Reductions}. Every question that a process answers is one reduction (seen on OTP 25, 27 and 29): when
%% there are no more afterwards it has not run meanwhile.
read_sample(Pid, Status, Depth, IsDear) ->
    {Stack, Asked} = sample_stack(Pid, Depth, IsDear),
    Reductions = case Status =:= waiting andalso process_info(Pid, status) =:= {status, waiting} andalso
                     process_info(Pid, reductions) of
                     {reductions, Count} -> Count;
                     _ -> none
                 end,
    {Stack, Asked, Reductions}.

%% The short form where that reaches the process's entry: a fourth of the price of the text, which the process itself has to
%% print with all terms on its stack. {Frames, Cut}, outermost first, or the text, or gone.
sample_stack(Pid, Depth, IsDear) ->
    case process_info(Pid, current_stacktrace) of
        {_, Top} ->
            Frames = lists:reverse([{M, F, A} || {M, F, A, _} <- Top]),
            case length(Frames) < Depth of
                true -> {{Frames, Frames =:= []}, 1};
                false when IsDear -> {{Frames, true}, 1};
                false -> whole_stack(Pid, {Frames, true})
            end;
        undefined -> {gone, 1}
    end.

whole_stack(Pid, Short) ->
    case process_info(Pid, [stack_size, total_heap_size]) of
        [{_, Slots}, {_, Words}] when Slots * Words =< ?SAMPLE_PRINT_MAX ->
            case process_info(Pid, backtrace) of
                {backtrace, Text} -> {Text, 3};
                undefined -> {gone, 3}
            end;
        _ -> {Short, 2}
    end.

stack_read(Pid, _, S = #sampler{asked = Asked}) when not is_map_key(Pid, Asked) -> S; % by a reader that was given up
stack_read(Pid, {Stack, Times, Reductions}, S = #sampler{asked = Asked}) ->
    {{E, Status, Now}, Rest} = maps:take(Pid, Asked),
    S1 = S#sampler{asked = Rest},
    case Stack of
        gone -> gone(E, S1);
        Text when is_binary(Text) ->
            {Frames, S2} = text_frames(Text, S1),
            stack_known(E#s{is_dear = byte_size(Text) > ?SAMPLE_TEXT_MAX}, Status, {Frames, false}, Times, Reductions, Now, S2);
        Known -> stack_known(E, Status, Known, Times, Reductions, Now, S1)
    end.

stack_known(E = #s{found = none}, Status, Stack = {Frames, _}, Times, Reductions, Now, S) ->
    case lists:any(fun({M, _, _}) -> is_agent(M) end, Frames) of
        true -> S; % one of a profiler's own: it is not looked at again
        false -> status_known(E, Status, Stack, Times, Reductions, Now, S)
    end;
stack_known(E, Status, Stack, Times, Reductions, Now, S) ->
    status_known(E, Status, Stack, Times, Reductions, Now, S).

status_known(E = #s{reductions = Before}, Status, {Frames, Cut}, Times, Reductions, Now, S) ->
    Still = case is_integer(Before) andalso Reductions =:= Before + Times of
                true -> Reductions;
                false -> none
            end,
    found({Status, Frames, Cut}, E#s{reductions = Still}, max(Now, erlang:monotonic_time(nanosecond)), S).

%% The stretch is over: what it was found to be, and how long the next one is.
found(none, E, Now, S) -> % it was exiting
    begin_stretch(end_of(E, Now, S), E, S);
found(Found, E = #s{found = Before}, Now, S = #sampler{ease = Ease}) ->
    S1 = case Before of
             Found -> S;
             _ -> tell_found(E, S)
         end,
    Stretch = case element(1, Found) of
                  waiting -> min(2 * E#s.stretch, min(idle_stretch(S) bsl Ease, ?IDLE_STRETCH_MAX));
                  _ -> min(1 bsl max(0, Ease - 6), ?BUSY_STRETCH_MAX)
              end,
    begin_stretch(end_of(E, Now, S), E#s{found = Found, stretch = Stretch}, S1).

end_of(#s{stretch = 1}, Now, _) -> Now;
end_of(#s{since = Since, stretch = Stretch}, Now, #sampler{interval = Interval}) -> max(Now, Since + Stretch * Interval).

%% What was found until the present stretch began.
tell_found(#s{pid = Pid, found = none, since = Since}, S) ->
    S#sampler{told = [{Pid, begins, Since} | S#sampler.told], nameless = [Pid | S#sampler.nameless]};
tell_found(#s{pid = Pid, found = Found, since = Since}, S) ->
    S#sampler{told = [{Pid, Found, Since} | S#sampler.told]}.

gone(E, S = #sampler{known = Known}) when is_map_key(E#s.pid, Known) -> gone(E, S#sampler{known = maps:remove(E#s.pid, Known)});
gone(#s{found = none}, S) -> S;
gone(E = #s{pid = Pid, since = Since}, S) ->
    S1 = tell_found(E, S),
    S1#sampler{told = [{Pid, exit, Since} | S1#sampler.told]}.

%% Oldest first.
tell_sampled(S = #sampler{told = []}) -> S;
tell_sampled(S = #sampler{told = Told, relay = Relay}) ->
    Relay ! {sampled, lists:reverse(Told)},
    S#sampler{told = []}.

%% One process at a time asks for the names of those that are new.
describe_sampled(S = #sampler{nameless = []}) -> S;
describe_sampled(S = #sampler{nameless = Nameless, describer = Describer, relay = Relay}) ->
    case is_process_alive(Describer) of
        true -> S;
        false ->
            S#sampler{nameless = [], describer = spawn_link(fun() ->
                [Relay ! {described, Pid, describe_timely(Relay, Pid)} || Pid <- lists:reverse(Nameless), is_process_alive(Pid)]
            end)}
    end.

%% Now and then: where there is too much work, all are looked at less often, those that wait first.
eased(S = #sampler{work = Work, work_since = Since, ease = Ease}) ->
    case erlang:monotonic_time(nanosecond) of
        Now when Now - Since < ?EASED_NS -> S;
        Now ->
            Rate = Work * 1000000000 div (Now - Since),
            Enough = max(?LOOK_WORK, ?INTERVAL_WORK * 1000000000 div S#sampler.interval),
            More = if
                       Rate > Enough, Ease < 12 -> 1;
                       Rate < Enough div 3, Ease > 0 -> -1;
                       true -> 0
                   end,
            S#sampler{work = 0, work_since = Now, ease = Ease + More}
    end.

%% Stretches that have not had their look have it now. Then the relay is told the end of all.
finish_sampler(Why, S0 = #sampler{control = Control, relay = Relay}) ->
    EndNs = erlang:monotonic_time(nanosecond),
    {Fresh, Due} = lists:partition(fun(#s{since = Since}) -> Since >= EndNs end, waiting_for_look(S0)),
    {S1, Runnable} = look_at(Due, EndNs, [], S0#sampler{slots = #{}, soon = Fresh}),
    S2 = lists:foldl(fun(E, Sum) -> ask_stack(E, runnable, EndNs, Sum) end, S1, Runnable),
    S = tell_sampled(await_stacks(EndNs + 1000000 * ?ANSWER_MS, read_next(EndNs, S2))),
    Last = [E || E <- waiting_for_look(S), E#s.found =/= none],
    Relay ! {sampled, [{Pid, Found, EndNs} || #s{pid = Pid, found = Found} <- Last]},
    Relay ! {facts, [{"looks", integer_to_list(S#sampler.looks)}, {"stacks_read", integer_to_list(S#sampler.reads)}]},
    Relay ! {ends, [{Pid, EndNs} || #s{pid = Pid} <- Last], Why, EndNs, []},
    Control ! {finished, EndNs},
    receive after infinity -> ok end.

waiting_for_look(#sampler{slots = Slots, soon = Soon}) -> lists:append([Soon | maps:values(Slots)]).

await_stacks(_, S = #sampler{asked = Asked}) when map_size(Asked) =:= 0 -> S;
await_stacks(Until, S = #sampler{asked = Asked}) ->
    receive
        {stacks, Reader, Read} -> await_stacks(Until, stacks_read(Reader, Read, S))
    after max(0, (Until - erlang:monotonic_time(nanosecond)) div 1000000) ->
        lists:foldl(fun({E, Status, Now}, Sum) -> found({Status, [], true}, E, Now, Sum) end, S#sampler{asked = #{}}, maps:values(Asked))
    end.

%% Backtraces.

%% The text of a process's frames; each stands in a line, "Program counter: 0x... (shop:loop/1 + 128)" or
%% "0x... Return addr 0x... (shop:loop/1 + 128)", between lines that show the terms. What stands in the brackets is looked up.
text_frames(Text, S) ->
    [Top | Callers] = binary:split(Text, <<"\n0x">>, [global]),
    Lines = [Line || [_, Line] <- [binary:split(Top, <<"Program counter: ">>)]] ++ Callers,
    lists:foldl(fun(Line, {Frames, Sum}) ->
                        {Known, Sum1} = line_frame(hd(binary:split(Line, <<"\n">>)), Sum),
                        {Known ++ Frames, Sum1}
                end, {[], S}, Lines).

line_frame(Line, S = #sampler{lines = Lines}) ->
    case binary:split(Line, <<" (">>) of
        [_, Place] when is_map_key(Place, Lines) -> {maps:get(Place, Lines), S};
        [_, Place] ->
            Known = frame(Line),
            Room = case map_size(Lines) < ?LINES_MAX of true -> Lines; false -> #{} end,
            {Known, S#sampler{lines = Room#{binary:copy(Place) => Known}}};
        _ -> {[], S}
    end.
