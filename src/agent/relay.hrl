%% The relay of the agent (agent.erl): the tracer. Packs the events of all traced processes and sends them as far as
%% the profiler's credit reaches. Part of the agent's one module, because one module is what a node can be rid of at once.

%% A traced process: its id, and its chunk under construction. `clock` is the time of its last event, `last` the function that
%% event named; `out`: not running as far as we know, and nobody has looked at its status since. `clock` is undefined until its
%% stack has come; `starting` are its events until then, newest first, `started` is how many, and `dropped` the time of the
%% newest that is no longer among them. `origin` says what it is waiting for then: its stack (attached), its own first event
%% (expected: its parent's `spawn` has come), or that event of its parent (early, since that tick). `since` is the time of the
%% first of them, `missing` how many are no longer among `starting`. Where calls are captured (calls.hrl), `began` is when the present
%% one did, and the process is idle without one; `called` is its function. `ran` is from when on its running has not been counted.
%% While its stack is read anew it is `restacking`, and `starting` are its events since then. `named` is the last
%% function that an event named, also when that has been sent on; `waits` is {Where, Asked}: the function that it was last known to wait in, and the
%% tick at which that was last asked for.
-record(p, {id, acc = <<>>, base, clock, last = none, out = true, starting = [], started = 0, dropped = none, since,
            missing = 0, origin = attached, parent = none, description, began = none, depth = 0, offs = 0, left,
            lingers = none, endings = [], ran = none, called = none, named = none, waits = {none, -?ASK_TICKS}}).

%% `ids` maps {M,F,A} to an id: an integer below 2^16, {Id} from there on.
%% `captured` is none, or {HowMany, SlowerNs, Functions}: calls are; `active` are going on, `complete` have ended; `offs` times
%% are flags to be taken off. The gate stays shut until the tick `held`, after one within a call for `hold` ticks; `ours` are the
%% agent's own processes.
-record(r, {client, control, api, spawned, opaque, captured, max_events, max_queue, max_memory,
            processes = #{}, next_process = 0, next_function = 1,
            defs = [],                           % definitions since the last batch, newest first
            batch_events = 0, events = 0,        % since the last batch; since the start
            pending = queue:new(), pending_bytes = 0, % batches that wait for credit
            unanswered = 0, answered_ms, ticks = 0,
            targets = [],                        % those whose stacks are read
            early = [],                          % {Tick, Pid} of processes whose parent's event is awaited
            active = 0, complete = 0, offs = 0, lingering = [], held = 0, hold = 1, ours = #{},
            sampled = false, pacer = none, overhead = none, gauge = none, max_seen = 0, stopped = false, share, summary = {0, []}}).  % shares.hrl

relay(Client, Control, Api, Spawned, {MaxEvents, MaxQueue, MaxMemory}, Opaque, Captured, Share) ->
    process_flag(trap_exit, true),
    R = #r{client = Client, control = Control, api = Api, spawned = Spawned, opaque = Opaque, captured = Captured, max_events = MaxEvents,
           max_queue = MaxQueue, max_memory = MaxMemory, answered_ms = now_ms(), gauge = #g{}, share = Share, pacer = pacer(Captured)},
    loop(none, #p{}, <<>>, 0, none, ?CHECK_EVENTS, #{undefined => 0}, R).

now_ms() -> erlang:monotonic_time(millisecond).

%% Cur is the process whose events come at present; its chunk, clock and last function are arguments, for speed, and
%% go back into its record when another process's event comes.
loop(Cur, P, Acc, Clock, Last, 0, Ids, R) ->
    checked(Cur, P#p{acc = Acc, clock = Clock, last = Last}, Ids, R);
loop(Cur, P, Acc, Clock, Last, N, Ids, R) ->
    receive
        {trace_ts, _, call, {_, _, Args}, _, _} = Event when is_list(Args) ->
            other(Event, Cur, P#p{acc = Acc, clock = Clock, last = Last}, N, Ids, R);
        {trace_ts, Cur, call, MFA, Last, Ts} = Event ->
            case Ids of
                #{MFA := Id} when is_integer(Id), Ts >= Clock, Ts - Clock < ?GAP_NS ->
                    count(Id, R),
                    loop(Cur, P, <<Acc/binary, 16#41, (Ts - Clock):24, Id:16>>, Ts, MFA, N - 1, Ids, R);
                #{} ->
                    event(Event, Cur, P#p{acc = Acc, clock = Clock, last = Last}, N, Ids, R)
            end;
        {trace_ts, Cur, return_to, MFA, Ts} = Event ->
            case Ids of
                #{MFA := Id} when is_integer(Id), Ts >= Clock, Ts - Clock < ?GAP_NS ->
                    loop(Cur, P, <<Acc/binary, 2, (Ts - Clock):24, Id:16>>, Ts, MFA, N - 1, Ids, R);
                #{} ->
                    event(Event, Cur, P#p{acc = Acc, clock = Clock, last = Last}, N, Ids, R)
            end;
        {trace_ts, Cur, call, MFA, Caller, Ts} = Event ->
            case Ids of
                #{MFA := Id, Caller := From} when is_integer(Id), is_integer(From), Ts >= Clock, Ts - Clock < ?GAP_NS ->
                    count(Id, R),
                    loop(Cur, P, <<Acc/binary, 1, (Ts - Clock):24, Id:16, From:16>>, Ts, MFA, N - 1, Ids, R);
                #{} ->
                    event(Event, Cur, P#p{acc = Acc, clock = Clock, last = Last}, N, Ids, R)
            end;
        Message ->
            other(Message, Cur, P#p{acc = Acc, clock = Clock, last = Last}, N, Ids, R)
    end.

resume(Cur, P, N, Ids, R) ->
    loop(Cur, P, P#p.acc, P#p.clock, P#p.last, N, Ids, R).

%% An event of the current process, in the general form. One that is stamped before the process's stack was read is
%% in that stack already.
event(Event, Cur, P = #p{clock = Clock}, N, Ids, R) ->
    Ts = stamp(Event),
    case Ts < Clock of
        true -> resume(Cur, P, N, Ids, R);
        false ->
            case replay(Event, {P, Ids, R}) of
                {P1 = #p{origin = leaving}, Ids1, R1} -> resume(none, #p{}, N - 1, Ids1, leave_own_call(Cur, P1, R1));
                {P1, Ids1, R1} -> resume(Cur, P1, N - 1, Ids1, R1)
            end
    end.

pack(call, {_, _, _, _, {?MODULE, stamp, 0}, _}, P = #p{began = Began}, Ts, Ids, R) when is_integer(Began) ->
    {P#p{origin = leaving, left = Ts}, Ids, R};
pack(call, {_, _, _, MFA, Caller, _}, P, Ts, Ids, R) ->
    {Id, Ids1, R1} = function_id(MFA, Ids, R),
    {From, Ids2, R2} = function_id(Caller, Ids1, R1),
    count(Id, R2),
    {put_event(1, P, Ts, [Id, From], MFA), Ids2, R2};
pack(return_to, {_, _, _, {?MODULE, _, _}, _}, P = #p{began = Began}, Ts, Ids, R) when is_integer(Began) ->
    {P#p{origin = leaving, left = Ts}, Ids, R};
pack(return_to, {_, _, _, MFA, _}, P, Ts, Ids, R) -> pack_function(2, MFA, P, Ts, Ids, R);
pack(out, {_, _, _, MFA, _}, P, Ts, Ids, R) -> count(?OUTS, R), pack_function(3, MFA, P#p{out = true, ran = none}, Ts, Ids, ran(P, Ts, R));
pack(out_exiting, {_, _, _, MFA, _}, P, Ts, Ids, R) -> pack_function(3, MFA, P#p{out = true, ran = none}, Ts, Ids, ran(P, Ts, R));
pack(in, {_, _, _, MFA, _}, P, Ts, Ids, R) -> pack_function(4, MFA, P#p{out = false, ran = Ts}, Ts, Ids, R);
pack(in_exiting, {_, _, _, MFA, _}, P, Ts, Ids, R) -> pack_function(4, MFA, P#p{out = false, ran = Ts}, Ts, Ids, R);
pack(gc_minor_start, _, P, Ts, Ids, R) -> count(0, R), {append(5, P, Ts, <<0>>), Ids, R};
pack(gc_major_start, _, P, Ts, Ids, R) -> count(0, R), {append(5, P, Ts, <<1>>), Ids, R};
pack(gc_minor_end, Event, P, Ts, Ids, R) -> {append(6, P, Ts, <<0, (words(Event)):64>>), Ids, R};
pack(gc_major_end, Event, P, Ts, Ids, R) -> {append(6, P, Ts, <<1, (words(Event)):64>>), Ids, R};
pack(out_exited, {_, Pid, _, _, _}, P, Ts, Ids, R) ->
    R#r.control ! {gone, Pid},
    R1 = case P#p.began of none -> R; _ -> call_complete(P#p{clock = Ts}, R) end,
    {append(7, P#p{out = gone, began = none}, Ts, <<>>), Ids, R1};
pack(spawn, {_, _, _, Child, {M, F, A, Initial}, _}, P = #p{id = Id, last = Last}, Ts, Ids, R) ->
    {Function, Ids1, R1} = function_id({M, F, A}, Ids, R),
    {Ids2, R2} = expect(Child, Id, Initial, Ids1, R1),
    #p{id = ChildId} = maps:get(Child, R2#r.processes),
    Narrow = if ChildId < 16#10000 -> ChildId; true -> {ChildId} end,
    {put_event(10, P, Ts, [Narrow, Function], Last), Ids2, R2};
pack(missing, {_, _, _, Count, _}, P, Ts, Ids, R) -> {append(11, P, Ts, <<Count:64>>), Ids, R};
pack(_, _, _, _, _, _) -> ignored.

%% A process that a traced one has spawned. Its own first event comes from another scheduler, so it may have come already.
expect(Child, Parent, Initial, Ids, R = #r{processes = Processes}) ->
    case Processes of
        #{Child := P = #p{origin = early}} ->
            {Pid, Name, Label, _} = P#p.description,
            P1 = P#p{parent = Parent, description = {Pid, Name, Label, Initial}},
            start_child(Child, P1, Ids, R#r{defs = [define_process(P1) | R#r.defs]});
        #{Child := _} -> {Ids, R};
        #{} ->
            R#r.control ! {born, Child},
            {Ids, add_process(Child, #p{origin = expected, parent = Parent,
                                        description = {pid_text(Child), <<>>, <<>>, Initial}}, R)}
    end.

%% Its first event says what it begins with, unless too many had to be kept.
start_child(Pid, P = #p{since = Since, missing = Missing}, Ids, R) ->
    [First | Rest] = Events = lists:reverse(P#p.starting),
    Started = P#p{origin = attached},
    case First of
        _ when Missing > 0 ->
            started(Pid, Started, {[], true}, Since, [{trace_ts, Pid, missing, Missing, Since} | Events], Ids, R);
        {_, _, spawned, _, {M, F, A, _}, Ts} -> started(Pid, Started, {[{M, F, A}], false}, Ts, Rest, Ids, R);
        _ -> started(Pid, Started, {[], true}, stamp(First), Events, Ids, R)
    end.

%% `wordsize` in the end message is what the collection gave back (erts, trace_gc()).
words({_, _, _, Info, _}) ->
    case lists:keyfind(wordsize, 1, Info) of
        {wordsize, Words} when Words >= 0, Words < 16#ffffffffffffffff -> Words;
        _ -> 0
    end.

pack_function(Kind, MFA, P, Ts, Ids, R) ->
    {Id, Ids1, R1} = function_id(MFA, Ids, R),
    {put_event(Kind, P, Ts, [Id], MFA), Ids1, R1}.

put_event(Kind, P, Ts, Functions, Last) ->
    case lists:all(fun is_integer/1, Functions) of
        true -> (append(Kind, P, Ts, << <<Id:16>> || Id <- Functions >>))#p{last = Last};
        false -> (append(Kind bor 16#20, P, Ts, << <<(wide(Id)):32>> || Id <- Functions >>))#p{last = Last}
    end.

wide({Id}) -> Id;
wide(Id) -> Id.

append(Tag, P = #p{acc = Acc, clock = Clock}, Ts, Operands) ->
    case Ts - Clock of
        Delta when Delta < 16#1000000 -> P#p{acc = <<Acc/binary, Tag, Delta:24, Operands/binary>>};
        Delta -> P#p{acc = <<Acc/binary, (Tag bor 16#10), Delta:64, Operands/binary>>}
    end.

function_id({?MODULE, _, _}, Ids, R) -> {0, Ids, R};
function_id(MFA = {M, F, A}, Ids, R) when is_atom(M), is_atom(F), is_integer(A) ->
    case Ids of
        #{MFA := Id} -> {Id, Ids, R};
        #{} ->
            Number = R#r.next_function,
            Id = if Number < 16#10000 -> Number; true -> {Number} end,
            {Id, Ids#{MFA => Id}, R#r{next_function = Number + 1, defs = [define(Number, MFA, R) | R#r.defs]}}
    end;
%% The VM says 0 or undefined; and where another tool has put its own match spec in place of ours, a caller may be any term.
function_id(_, Ids, R) -> {0, Ids, R}.

define(Id, {M, F, A}, #r{opaque = Opaque}) ->
    Native = case erlang:is_builtin(M, F, A) orelse lists:member({F, A}, nifs(M)) of true -> 1; false -> 0 end,
    Hides = case matches(M, {F, A}, Opaque) of true -> 2; false -> 0 end,
    <<16#80, Id:32, (Native bor Hides), (min(A, 255)), (text16(atom_to_binary(M, utf8)))/binary,
      (text16(atom_to_binary(F, utf8)))/binary>>.

nifs(M) -> try erlang:get_module_info(M, nifs) catch _:_ -> [] end.

text16(Text) -> <<(byte_size(Text)):16, Text/binary>>.

define_process(#p{id = Id, parent = Parent, description = {Pid, Name, Label, Initial}}) ->
    ParentId = case Parent of none -> 16#ffffffff; _ -> Parent end,
    <<16#81, Id:32, ParentId:32, (text16(Pid))/binary, (text16(Name))/binary, (text16(Label))/binary,
      (text16(Initial))/binary>>.

%% Everything that is not an event of the current process.
other(Message, Cur, P, N, Ids, R) when element(1, Message) =:= trace_ts ->
    case without_terms(Message) of
        call_begins ->
            {Ids1, R1} = call_begins(Message, Ids, store(Cur, P, R)),
            drop_terms(N, Ids1, R1);
        call_ends ->
            {Ids1, R1} = call_ends(Message, Ids, store(Cur, P, R)),
            drop_terms(N, Ids1, R1);
        registers ->
            {Ids1, R1} = message({registered, element(2, Message), element(4, Message)}, Ids, store(Cur, P, R)),
            resume(none, #p{}, N - 1, Ids1, R1);
        ignored -> resume(Cur, P, N - 1, Ids, R);
        Event when element(2, Event) =:= Cur -> event(Event, Cur, P, N, Ids, R);
        Event -> of_another(Event, element(2, Event), N, Ids, store(Cur, P, R))
    end;
other(Message, Cur, P, N, Ids, R) ->
    {Ids1, R1} = message(Message, Ids, store(Cur, P, R)),
    resume(none, #p{}, N, Ids1, R1).

%% An event of a process that is not the current one, and may be one that is waiting for something.
of_another(Event, Pid, N, Ids, R) ->
    case R of
        #r{processes = #{Pid := P = #p{origin = Idle}}} when Idle =:= idle; Idle =:= own; Idle =:= leaving ->
            {Ids1, R1} = idle_event(Event, Pid, P, Ids, R),
            resume(none, #p{}, N - 1, Ids1, R1);
        #r{processes = #{Pid := P = #p{origin = restacking, started = ?STARTING_EVENTS}}} ->
            {Ids1, R1} = go_on(Pid, P, Ids, R),
            of_another(Event, Pid, N, Ids1, R1);
        #r{processes = #{Pid := P = #p{origin = restacking}}} ->
            resume(none, #p{}, N - 1, Ids, store(Pid, keep_starting(Event, P), R));
        #r{processes = #{Pid := P = #p{clock = undefined, origin = expected}}} ->
            {Ids1, R1} = start_child(Pid, keep_starting(Event, P), Ids, R),
            resume(none, #p{}, N - 1, Ids1, R1);
        #r{processes = #{Pid := P = #p{clock = undefined}}} ->
            resume(none, #p{}, N - 1, Ids, store(Pid, keep_starting(Event, P), R));
        #r{processes = #{Pid := P}} ->
            event(Event, Pid, P, N, Ids, R);
        #r{gauge = G} when element(2, G) =:= Pid ->
            resume(none, #p{}, N, Ids, R#r{gauge = read_gauge(Event, G)}); % no event of the trace
        #r{spawned = true, ours = Ours} when not is_map_key(Pid, Ours) ->
            R#r.control ! {born, Pid},
            P = #p{origin = early, since = stamp(Event), description = {pid_text(Pid), <<>>, <<>>, <<>>}},
            R1 = add_process(Pid, keep_starting(Event, P), R),
            resume(none, #p{}, N - 1, Ids, R1#r{early = [{R1#r.ticks, Pid} | R1#r.early]});
        #r{} ->
            resume(none, #p{}, N - 1, Ids, R)
    end.

%% The arguments of a spawn may be large, and the event may have to be kept. Of what else `procs` tells nothing is.
without_terms({Tag, Pid, What, Other, {M, F, Args}, Ts}) when What =:= spawn; What =:= spawned ->
    {Tag, Pid, What, Other, {M, F, arity(Args), case What of spawn -> first_call(M, F, Args); spawned -> <<>> end}, Ts};
without_terms({_, _, call, {_, _, Args}, _, _}) when is_list(Args) -> call_begins;
without_terms(Event) ->
    case element(3, Event) of
        return_from -> call_ends;
        exception_from -> call_ends;
        exit -> ignored;
        link -> ignored;
        unlink -> ignored;
        getting_linked -> ignored;
        getting_unlinked -> ignored;
        register -> registers;
        unregister -> ignored;
        _ -> Event
    end.

arity(Args) -> try length(Args) catch error:badarg -> 0 end.

%% What a process really begins with, behind what proc_lib and apply put before it.
first_call(proc_lib, init_p, [_, _, Fun]) when is_function(Fun) -> fun_text(Fun);
first_call(proc_lib, init_p, [_, _, gen, init_it, [_, _, _, Mod | _]]) when is_atom(Mod) -> mfa_text(Mod, init, 1);
first_call(proc_lib, init_p, [_, _, gen, init_it, [_, _, _, _, Mod | _]]) when is_atom(Mod) -> mfa_text(Mod, init, 1);
first_call(proc_lib, init_p, [_, _, M, F, Args]) when is_atom(M), is_atom(F) -> mfa_text(M, F, arity(Args));
first_call(erlang, apply, [Fun, _]) when is_function(Fun) -> fun_text(Fun);
first_call(erts_internal, spawn_init, [{M, F, Args}]) -> first_call(M, F, Args);
first_call(M, F, Args) -> mfa_text(M, F, arity(Args)).

fun_text(Fun) ->
    {module, M} = erlang:fun_info(Fun, module),
    {name, F} = erlang:fun_info(Fun, name),
    {arity, A} = erlang:fun_info(Fun, arity),
    mfa_text(M, F, A).

keep_starting(Event, P = #p{started = 0}) -> P#p{starting = [Event], started = 1, since = stamp(Event)};
keep_starting(Event, P = #p{started = ?STARTING_EVENTS, starting = [Newest | _], missing = Missing}) ->
    P#p{starting = [Event], started = 1, dropped = stamp(Newest), missing = Missing + ?STARTING_EVENTS};
keep_starting(Event, P = #p{starting = Events, started = Count}) -> P#p{starting = [Event | Events], started = Count + 1}.

%% The stack was read between two times. The process answers when it is scheduled in, before it runs on; so where it ran
%% between those times, the stack is that of the moment it came in, if it is in that function: {Time, EventsSince}. Without a
%% stack, or without all events since then, its events must tell where it is.
place_stack({{[], _}, _, _}, _, _) -> nowhere;
place_stack({_, Before, _}, Dropped, _) when is_integer(Dropped), Dropped >= Before -> nowhere;
place_stack({{Frames, _}, Before, After}, _, Events) ->
    Between = [Event || Event <- Events, stamp(Event) >= Before, stamp(Event) =< After],
    Ran = lists:any(fun(Event) -> lists:member(element(3, Event), [call, return_to]) end, Between),
    case lists:dropwhile(fun(Event) -> element(3, Event) =/= in end, Between) of
        _ when not Ran ->
            {After, [Event || Event <- Events, stamp(Event) > After]};
        [{_, _, in, MFA, _} = In | _] ->
            [In | Since] = lists:dropwhile(fun(Event) -> Event =/= In end, Events),
            case lists:last(Frames) of
                MFA -> {stamp(In), Since};
                _ -> nowhere
            end;
        [] ->
            nowhere
    end.

%% The record of its stack opens a process's events; those since then follow.
started(Pid, P, {Frames, Cut}, Ts, Events, Ids, R) ->
    {P1, Ids1, R1} = append_stack(flag(Cut), Frames, Ts, P#p{base = Ts, clock = Ts, starting = [], started = 0, ran = Ts}, Ids, R),
    {P2, Ids2, R2} = lists:foldl(fun replay/2, {P1, Ids1, R1}, Events),
    {Ids2, store(Pid, P2, R2#r{batch_events = R2#r.batch_events + 1 + length(Events)})}.

stamp(Event) -> element(tuple_size(Event), Event).

flag(true) -> 1;
flag(false) -> 0.

append_stack(Flags, Frames, Ts, P, Ids, R) ->
    {Packed, Ids1, R1} = packed_stack(Flags, Frames, Ids, R),
    {append(16#28, P, Ts, Packed), Ids1, R1}.

packed_stack(Flags, Frames, Ids, R) ->
    {Functions, {Ids1, R1}} = lists:mapfoldl(fun(MFA, {I, S}) ->
                                                     {Id, I1, S1} = function_id(MFA, I, S),
                                                     {wide(Id), {I1, S1}}
                                             end, {Ids, R}, Frames),
    {<<Flags, (length(Functions)):32, << <<Id:32>> || Id <- Functions >>/binary>>, Ids1, R1}.

%% Only what is packed moves the clock. In a captured call nothing counts once it has been left.
replay(_, {#p{origin = leaving}, _, _} = Left) -> Left;
replay(Event, {P, Ids, R}) -> replay(Event, stamp(Event), P, Ids, R).

replay(_, Ts, P = #p{clock = Clock}, Ids, R) when is_integer(Clock), Ts < Clock -> {P, Ids, R}; % as in event/6
replay(Event, Ts, P0, Ids0, R0) ->
    {P, Ids, R} = waited(Ts, P0, Ids0, R0),
    case pack(element(3, Event), Event, P, Ts, Ids, R) of
        ignored -> {P, Ids, R};
        {#p{origin = leaving}, _, _} = Left -> Left;
        {P1, Ids1, R1} -> {P1#p{clock = Ts}, Ids1, R1}
    end.

store(none, _, R) -> R;
store(Cur, P, R = #r{processes = Processes}) -> R#r{processes = Processes#{Cur := P}}.

add_process(Pid, P0, R = #r{processes = Processes, next_process = Id}) ->
    P = P0#p{id = Id},
    R#r{processes = Processes#{Pid => P}, next_process = Id + 1, defs = [define_process(P) | R#r.defs]}.

message({ack, Count}, Ids, R) ->
    {Ids, send_pending(R#r{unanswered = max(0, R#r.unanswered - Count), answered_ms = now_ms()})};
message(tick, Ids, R) ->
    {Ids1, R1} = case lists:any(fun(Pid) -> is_waiting_for_stack(Pid, R) end, R#r.targets) of
                     true -> {Ids, R}; % what was spawned meanwhile is told when the stack has come
                     false -> start_orphans(R#r.ticks - ?EARLY_TICKS, Ids, R#r{targets = []})
                 end,
    {Ids1, ticked(flush(calls_ticked(R1)))};
message({process, Pid, Description}, Ids, R) ->
    {Ids, add_process(Pid, #p{description = Description}, R#r{targets = [Pid | R#r.targets]})};
message({described, Pid, {Text, Name, Label, Initial}}, Ids, R = #r{processes = Processes}) ->
    case Processes of
        #{Pid := P = #p{description = {_, Registered, _, Before}}} ->
            {Ids, described(Pid, P, {Text, first_known(Name, Registered), Label, first_known(Before, Initial)}, R)};
        #{} -> {Ids, R}
    end;
message({registered, Pid, Name}, Ids, R = #r{processes = Processes}) ->
    case Processes of
        #{Pid := P = #p{description = {Text, <<>>, Label, Initial}}} -> % it was asked before, or will be when it has gone
            {Ids, described(Pid, P, {Text, atom_to_binary(Name, utf8), Label, Initial}, R)};
        #{} -> {Ids, R}
    end;
message({runner, Pid, Description}, Ids, R) ->
    {Ids, add_process(Pid, #p{description = Description, origin = own}, R)};
message(stop, Ids, R) ->
    {Ids, R#r{stopped = true}};
message(open, Ids, R) ->
    {Ids, open_for_more(R)};
message({ours, Pid}, Ids, R = #r{ours = Ours}) ->
    {Ids, R#r{ours = Ours#{Pid => R#r.ticks}}};
message({off, Pid, IsAlive}, Ids, R) ->
    {Ids, call_off(Pid, IsAlive, R)};
message({own_call, Pid, How}, Ids, R) ->
    {Ids, own_call_ended(Pid, How, R)};
message({stack, Pid, Read, Tries}, Ids, R = #r{processes = Processes}) ->
    case Processes of
        #{Pid := P = #p{clock = undefined}} -> stack_read(Pid, P, Read, Tries, Ids, R);
        #{Pid := P = #p{origin = restacking}} -> restacked(Pid, P, Read, Tries, Ids, R);
        #{} -> {Ids, R} % it was not waited for any longer
    end;
message({looked, Looks}, Ids, R) ->
    {Ids, lists:foldl(fun(Look, S) -> looked(Look, Ids, S) end, waiting_seen(Looks, R), Looks)};
message({sampling, Interval}, Ids, R) ->
    {Ids, add_facts([{"sampled", integer_to_list(Interval)}], R#r{sampled = true})};
message({sampled, Told}, Ids, R) ->
    {Ids1, R1} = lists:foldl(fun sampled/2, {Ids, R}, Told),
    {Ids1, case R1#r.batch_events >= ?BATCH_EVENTS of true -> flush(R1); false -> R1 end};
message({module, M, Traced, Ts}, Ids, R) ->
    {Ids, R#r{defs = [<<16#84, Ts:64, (flag(Traced)), (text16(atom_to_binary(M, utf8)))/binary>> | R#r.defs]}};
message({costs, BareNs, TurnNs, GcNs}, Ids, R = #r{gauge = G}) ->
    {Ids, R#r{gauge = G#g{bare_ns = BareNs, turn_ns = TurnNs, gc_ns = GcNs}}};
message({gauge, Pid}, Ids, R = #r{gauge = G, ours = Ours}) ->
    {Ids, R#r{gauge = next_gauge(Pid, G), ours = Ours#{Pid => R#r.ticks}}};
message({nap, Pacer}, Ids, R) ->
    nap(Pacer),
    {Ids, R};
message({budget, Percent, Kept}, Ids, R) ->
    {Ids, begin_window(none, R#r{overhead = budget(Percent, Kept)})};
message({turns, More}, Ids, R) ->
    {Ids, turns_left(More, R)};
message({peeked, Reads}, Ids, R) ->
    lists:foldl(fun peeked/2, {Ids, widths(Reads, R)}, Reads);
message({waits, Pid, Read}, Ids, R) ->
    waits_where(Pid, Read, Ids, R);
message({decided, Stamp}, Ids, R) ->
    {Ids, decided(Stamp, R)};
message({facts, Facts}, Ids, R) ->
    {Ids, add_facts(Facts, R)};
message({ends, Ends, Why, EndNs, Others}, Ids, R0) ->
    stop_pacer(R0),
    {Ids1, R1} = start_orphans(R0#r.ticks, Ids, R0),
    {_, R2} = go_on_all(Ids1, R1),
    R = lists:foldl(fun ended/2, R2, Ends),
    Summary = {R#r.max_seen, switched_off(Ids, R)},
    case Others of
        none -> drain(flush(R#r{summary = Summary})); % the head's relay tells of it
        _ ->
            {MaxQueue, Off} = summed([Summary | Others]),
            drain(flush(add_facts([{"ended", atom_to_list(Why)},
                                   {"end_ns", integer_to_list(EndNs)},
                                   {"max_queue", integer_to_list(MaxQueue)} | overhead_facts(Off, R) ++ cost_facts(R#r.gauge)], R)))
    end;
message({'EXIT', Control, _}, _, R = #r{control = Control, api = Api}) ->
    %% Somebody killed the controller. A session goes with it; the one tracer of old is ours to take down, and the gate.
    stop_pacer(R),
    R#r.captured =:= none orelse close_gate(),
    Api =:= legacy andalso close_legacy(R),
    exit(normal);
message(_, Ids, R) ->
    {Ids, R}.

%% The first stack of a process.
stack_read(Pid, P, Read, Tries, Ids, R) ->
    Events = lists:reverse(P#p.starting),
    case place_stack(Read, P#p.dropped, Events) of
        nowhere when Tries > 0 ->
            R#r.control ! {restack, Pid, Tries - 1},
            {Ids, R};
        nowhere when Events =:= [] ->
            {_, _, After} = Read,
            started(Pid, P, {[], true}, After, [], Ids, R);
        nowhere ->
            started(Pid, P, {[], true}, stamp(hd(Events)), Events, Ids, R);
        {Ts, Since} ->
            {{Frames, Cut}, _, _} = Read,
            Earlier = lists:sublist(Events, length(Events) - length(Since)),
            {Ids1, R1} = lists:foldl(fun({_, _, spawn, Child, {_, _, _, Initial}, _}, {I, S}) ->
                                             expect(Child, P#p.id, Initial, I, S);
                                        (_, Sum) -> Sum
                                     end, {Ids, R}, Earlier),
            started(Pid, P, {shown_first(Frames, Ids1, R1), Cut}, Ts, Since, Ids1, R1)
    end.

described(Pid, P, Description, R = #r{defs = Defs, processes = Processes}) ->
    P1 = P#p{description = Description},
    R#r{defs = [define_process(P1) | Defs], processes = Processes#{Pid := P1}}.

first_known(<<>>, Text) -> Text;
first_known(Text, _) -> Text.

is_waiting_for_stack(Pid, #r{processes = Processes}) ->
    case Processes of
        #{Pid := #p{clock = undefined}} -> true;
        #{} -> false
    end.

%% Processes whose parent's event has not come although it should have: drawn without a place to stand on.
start_orphans(Until, Ids, R = #r{early = Early}) ->
    {Orphans, Later} = lists:partition(fun({Tick, _}) -> Tick =< Until end, Early),
    lists:foldl(fun({_, Pid}, {I, S}) ->
                        case S#r.processes of
                            #{Pid := #p{origin = early} = P} when S#r.captured =/= none ->
                                %% Spawned by a process that was still traced, but in no captured call.
                                S#r.control ! {over, Pid},
                                {I, store(Pid, P#p{origin = idle, starting = [], offs = 1}, S#r{offs = S#r.offs + 1})};
                            #{Pid := P = #p{origin = early}} -> start_child(Pid, P, I, S);
                            #{} -> {I, S}
                        end
                end, {Ids, R#r{early = Later}}, lists:reverse(Orphans)).

close_legacy(#r{captured = none, processes = Processes}) ->
    clear_calls(#c{api = legacy}),
    [catch erlang:trace(Pid, false, [all]) || Pid <- maps:keys(Processes)];
close_legacy(#r{captured = {_, _, Functions}}) ->
    [catch erlang:trace_pattern(MFA, false, [meta]) || MFA <- maps:keys(Functions)],
    clear_calls(#c{api = legacy}),
    [catch erlang:trace(Pid, false, [all]) ||
        Pid <- erlang:processes(), erlang:trace_info(Pid, tracer) =:= {tracer, self()}].

add_facts(Facts, R) ->
    R#r{defs = [[begin
                     Text = unicode:characters_to_binary(Value),
                     [<<16#82>>, text16(list_to_binary(Key)), <<(byte_size(Text)):32>>, Text]
                 end || {Key, Value} <- Facts] | R#r.defs]}.

ended({Pid, Ts}, R = #r{processes = Processes}) ->
    case Processes of
        #{Pid := P = #p{clock = Clock, out = Out, origin = attached}} when is_integer(Clock), Out =/= gone ->
            End = max(Ts, Clock),
            R#r{processes = Processes#{Pid := append(12, P, End, <<>>)}};
        #{} -> R
    end.

%% What the sampler has found (sampler.hrl), to events.
sampled({Pid, begins, Ts}, {Ids, R}) ->
    R1 = add_process(Pid, #p{description = {pid_text(Pid), <<>>, <<>>, <<>>}, base = Ts, clock = Ts}, R),
    {Ids, sample_stored(Pid, append(15, maps:get(Pid, R1#r.processes), Ts, <<0, 0, 0:32>>), Ts, R1)};
sampled({Pid, What, Stamp}, {Ids, R}) ->
    P = maps:get(Pid, R#r.processes),
    Ts = max(Stamp, P#p.clock),
    case What of
        exit -> {Ids, sample_stored(Pid, append(7, P#p{out = gone}, Ts, <<>>), Ts, R)};
        {Status, Frames, Cut} ->
            {Packed, Ids1, R1} = packed_stack(flag(Cut), Frames, Ids, R),
            {Ids1, sample_stored(Pid, append(16#2f, P, Ts, <<(status(Status)), Packed/binary>>), Ts, R1)}
    end.

sample_stored(Pid, P, Ts, R = #r{processes = Processes}) ->
    R#r{processes = Processes#{Pid := P#p{clock = Ts}}, batch_events = R#r.batch_events + 1, events = R#r.events + 1}.

%% The bounds are looked at every so many events, and at every tick.
checked(Cur, P, Ids, R0) ->
    R1 = store(Cur, P#p{ran = runs(P, R0)}, ran(P, P#p.clock, R0)),
    R2 = bounds(R1#r{batch_events = R0#r.batch_events + ?CHECK_EVENTS, events = R0#r.events + ?CHECK_EVENTS}),
    {Ids1, R} = case Cur of
                    none -> judge_kept(Ids, R2);
                    _ -> {Ids, judge(P#p.clock, Ids, R2)}
                end,
    if
        R#r.batch_events >= ?BATCH_EVENTS -> resume(none, #p{}, ?CHECK_EVENTS, Ids1, flush(R));
        true -> resume(none, #p{}, ?CHECK_EVENTS, Ids1, R)
    end.

bounds(R = #r{stopped = true}) -> R;
bounds(R = #r{events = Events, max_queue = MaxQueue, max_memory = MaxMemory}) ->
    {message_queue_len, Queue} = process_info(self(), message_queue_len),
    [AllEvents, AllQueue, AllMemory] = in_all([Events, Queue, R#r.pending_bytes + Queue * ?MESSAGE_BYTES], R),
    R1 = backlog(Queue, R#r{max_seen = max(AllQueue, R#r.max_seen)}),
    IdsMax = ?IDS_MAX div element(2, R#r.share),
    if
        AllEvents >= R#r.max_events -> bound('max-events', R1);
        AllQueue >= MaxQueue -> bound('max-queue', R1);
        AllMemory >= MaxMemory -> bound('max-memory', R1);
        R#r.next_process >= IdsMax; R#r.next_function >= IdsMax -> bound('max-events', R1);
        true -> R1
    end.

bound(Which, R) ->
    R#r.control ! {bound, Which},
    R#r{stopped = true}.

ticked(R0 = #r{ticks = Ticks}) ->
    R = rested(crowded(bounds(R0#r{ticks = Ticks + 1}))),
    Silent = R#r.unanswered > 0 andalso now_ms() - R#r.answered_ms > ?UNANSWERED_MS,
    if
        Silent, not R#r.stopped -> bound(unanswered, R);
        Ticks rem ?BEAT_TICKS =:= 0 -> enqueue(<<>>, 0, R);
        true -> send_pending(R)
    end.
