%% What the agent's controller (agent.erl) asks of the VM: the trace session, patterns and flags, a process's real stack. Part
%% of the agent's one module.

%% Sessions: OTP 27 and later have one each; before that there is one tracer for the whole node.

open_session(C = #c{capture = {sample, _}}, Bounds) ->
    C#c{relay = spawn_relay(C, Bounds)};
open_session(C = #c{client = Client, api = session}, Bounds) ->
    put(client, node(Client)),
    destroy_abandoned(),
    alone_with_calls(C),
    Relay = spawn_relay(C, Bounds),
    put(?SESSION_KEY, creating),
    {_, Weak} = Session = trace:session_create(flambeau, Relay, []),
    put(?SESSION_KEY, Weak),
    C#c{relay = Relay, session = Session, sessions = trace:session_info(all)};
open_session(C = #c{client = Client, api = legacy}, Bounds) ->
    put(client, node(Client)),
    take_name(?LEGACY_NAME, " is at it, and before OTP 27 a node has room for one"),
    clear_triggers(), % left by a flambeau whose processes have all been killed at once
    alone_with_calls(C),
    free_of_patterns(C),
    C#c{relay = spawn_relay(C, Bounds)}.

%% A session goes with its owner, but not when that is killed while it sets patterns: nothing refers to it then, and yet it
%% stays, with all of them (seen on OTP 27.3). Whose are not abandoned the keepers know.
destroy_abandoned() ->
    Ours = [Session || {flambeau, _} = Session <- trace:session_info(all)],
    Held = [Value || Ours =/= [], Name <- registered(), is_agent(Name), Keeper <- [whereis(Name)], is_pid(Keeper),
                     {monitors, Members} <- [process_info(Keeper, monitors)], {process, Controller} <- Members,
                     {_, Value} <- [process_info(Controller, {dictionary, ?SESSION_KEY})]],
    lists:member(creating, Held) orelse [catch trace:session_destroy(Session) || Session <- Ours -- Held].

%% Whoever waits for calls may find itself in any process, and a process has one tracer: it is alone on the node. (Before OTP 27
%% every tracer is.)
alone_with_calls(C = #c{capture = {functions, _, _, _}, api = Api}) ->
    Api =:= session andalso begin
        erts_before(15, 1) andalso refused(release, "27.0, which cannot begin a trace at a call as 27.1 can"),
        take_name(?CALLS_NAME, " waits for calls here, in any process")
    end,
    [free_to_trace(C, Pid) || Pid <- erlang:processes()];
alone_with_calls(_) ->
    case whereis(?CALLS_NAME) of
        undefined -> close_gate();
        Other -> refused(other_tracer, ["another flambeau", other_client(Other), " waits for calls here, in any process"])
    end.

take_name(Name, Why) ->
    try register(Name, self())
    catch error:badarg -> refused(other_tracer, ["another flambeau", other_client(whereis(Name)), Why])
    end.

spawn_relay(C = #c{client = Client, api = Api, spawned = Spawned, share = Share}, Bounds) ->
    Self = self(),
    spawn_opt(fun() -> relay(Client, Self, Api, Spawned, Bounds, opaque(C), captured(C), Share) end,
              [link, {message_queue_data, off_heap}, {priority, high}]).

opaque(#c{select = {_, _, Opaque}}) -> Opaque.

%% {HowMany, SlowerNs, Functions}, or none.
captured(#c{capture = processes}) -> none;
captured(#c{capture = {sample, _}}) -> none;
captured(#c{capture = {functions, Count, SlowerNs, _}, functions = Functions}) ->
    {Count, SlowerNs, maps:from_keys(Functions, [])};
captured(#c{capture = {own, _, Repeat, _, _}}) -> {Repeat, 0, #{}}.

other_client(Pid) when is_pid(Pid) ->
    case process_info(Pid, dictionary) of
        {dictionary, Dictionary} ->
            [" (", pid_to_list(Pid), ", connected from ",
             atom_to_list(proplists:get_value(client, Dictionary, '?')), ")"];
        undefined -> ""
    end;
other_client(_) -> "".

%% One pattern a function: we do not take over somebody's. One that looks like ours was left by a flambeau whose
%% processes have all been killed at once.
free_of_patterns(#c{functions = Functions}) ->
    Meta = [{MFA, meta, []} || MFA <- Functions, {meta, Tracer} <- [erlang:trace_info(MFA, meta)], is_pid(Tracer)],
    case Meta ++ foreign_patterns() of
        [] -> ok;
        [{{M, F, A}, _, _} | _] ->
            refused(other_tracer, io_lib:format("somebody (dbg, recon, ...) has set a trace pattern on ~tp:~tp/~w", [M, F, A]))
    end.

foreign_patterns() ->
    [{MFA, Traced, Spec} || M <- erlang:loaded(), {F, A} <- functions(M), MFA <- [{M, F, A}],
                            {traced, Traced} <- [erlang:trace_info(MFA, traced)],
                            Traced =:= local orelse Traced =:= global,
                            {match_spec, Spec} <- [erlang:trace_info(MFA, match_spec)], not is_ours(Spec)].

is_ours([{'_', [], [{message, {caller}}]}]) -> true;
is_ours([{'_', [], [{message, {map_get, {is_map_key, {caller}, _}, _}}]}]) -> true;
is_ours(_) -> false.

%% One tracer a process, on every release: with the legacy interface the VM has no more, and with several sessions on one
%% process OTP 27 to 29 have been seen to abort. With sessions, a name makes checking and tracing one step for all agents;
%% a legacy controller has the node for itself. Which of the processes are traced now.
claim(_, []) -> [];
claim(C = #c{api = legacy}, Pids) ->
    switch_on(C, Pids);
claim(C = #c{api = session}, Pids) ->
    try register(?CLAIM_NAME, self()) of
        true ->
            try switch_on(C, Pids)
            after unregister(?CLAIM_NAME)
            end
    catch
        error:badarg ->
            receive
                {'EXIT', _, _} = Exit ->
                    self() ! Exit,
                    throw({refused, gone, ""})
            after 5 -> claim(C, Pids)
            end
    end.

%% All or none: what is not ours is not touched, not even to undo.
switch_on(C, Pids) ->
    [free_to_trace(C, Pid) || Pid <- Pids],
    lists:foldl(fun(Pid, On) ->
                        try trace_on(C, Pid) of
                            true -> [Pid | On];
                            false -> On
                        catch throw:Refused ->
                                [end_process(C, Ours) || Ours <- On],
                                throw(Refused)
                        end
                end, [], Pids).

free_to_trace(#c{api = legacy}, Pid) ->
    case erlang:trace_info(Pid, tracer) of
        {tracer, Tracer} when Tracer =/= [] -> held(Pid, tracer_name(Tracer));
        _ -> ok
    end;
free_to_trace(#c{api = session}, Pid) ->
    case trace:session_info(Pid) of
        [{legacy, _} | _] -> free_to_trace(#c{api = legacy}, Pid);
        [{Name, _} | _] -> held(Pid, ["the trace session ", atom_to_list(Name)]);
        _ -> ok
    end.

%% Has somebody else's trace come to a process that is ours? With sessions both go on, until the VM aborts. Before there were any,
%% the trigger takes the process from the other tracer, which only its flags still tell. (`Whose` has no handle that would keep a
%% session alive.)
is_shared({session, Ours}, Pid) ->
    case trace:session_info(Pid) of
        Sessions when is_list(Sessions) -> Sessions -- [Ours] =/= [];
        _ -> false
    end;
is_shared({legacy, Ours}, Pid) ->
    case erlang:trace_info(Pid, flags) of
        {flags, Flags} -> Flags -- Ours =/= [];
        _ -> false
    end.

whose(#c{api = session, session = {_, Weak}}) -> {session, Weak};
whose(C = #c{api = legacy}) -> {legacy, flags(C)}.

held(Pid, Tracer) ->
    throw({refused, other_tracer, ["the process ", pid_to_list(Pid), " is traced by ", Tracer]}).

trace_on(C, Pid) ->
    try trace_process(C, Pid, true) of
        _ -> true
    catch
        error:badarg -> is_process_alive(Pid) andalso held(Pid, "somebody else")
    end.

tracer_name(Pid) when is_pid(Pid) ->
    case process_info(Pid, registered_name) of
        {registered_name, Name} -> [pid_to_list(Pid), " (", atom_to_list(Name), ")"];
        _ -> pid_to_list(Pid)
    end;
tracer_name(Other) -> io_lib:format("~p", [Other]).

%% Patterns. {caller} tells where a call returns to, which is what places it. A call that an opaque function makes is not
%% emitted; what is beneath that is not shown either, but the VM cannot leave it out: it sees one caller at a time.

calls_spec(#c{select = {_, _, []}}) -> ?CALLS;
calls_spec(#c{select = {_, _, Opaque}}) ->
    case [{M, F, A} || M <- erlang:loaded(), not is_agent(M), {F, A} <- functions(M), matches(M, {F, A}, Opaque)] of
        [] -> refused(no_function, "no loaded function matches --opaque");
        Functions when length(Functions) > ?OPAQUE_AT_SOURCE -> ?CALLS;
        Functions ->
            IsOpaque = {is_map_key, {caller}, {const, maps:from_keys(Functions, [])}},
            [{'_', [], [{message, {map_get, IsOpaque, #{true => false, false => {caller}}}}]}]
    end.

pattern(#c{api = session, session = Session}, MFA, Spec) -> trace:function(Session, MFA, Spec, [local]);
pattern(#c{api = legacy}, MFA, Spec) -> erlang:trace_pattern(MFA, Spec, [local]).

meta_pattern(#c{api = session, session = Session}, MFA, Spec) -> trace:function(Session, MFA, Spec, [meta]);
meta_pattern(#c{api = legacy}, MFA, false) -> erlang:trace_pattern(MFA, false, [meta]);
meta_pattern(#c{api = legacy, relay = Relay}, MFA, Spec) -> erlang:trace_pattern(MFA, Spec, [{meta, Relay}]).

is_traced(#c{api = session, session = Session}, MFA) -> trace:info(Session, MFA, traced) =:= {traced, local};
is_traced(#c{api = legacy}, MFA) -> erlang:trace_info(MFA, traced) =:= {traced, local}.

%% Which functions are traced now: [{Module, HowMany}]. All at once and some off again: while traced processes run hot, a change
%% takes up to a tenth of a second.
set_patterns(C = #c{select = {[], Skip, _}, spec = Spec}) ->
    pattern(C, {'_', '_', '_'}, Spec),
    Counts = [{M, length(functions(M)) - case is_agent(M) of
                                             true -> set_module(C, M, false, functions(M));
                                             false when Skip =:= [] -> 0;
                                             false -> set_module(C, M, false, skipped(M, Skip))
                                         end} || M <- erlang:loaded()],
    meant(C, Counts);
set_patterns(C) ->
    meant(C, [{M, select_module(C, M)} || M <- erlang:loaded()]).

%% A captured function is traced whatever is left out.
meant(C, Counts) ->
    [pattern(C, MFA, C#c.spec) || MFA <- C#c.functions],
    [pattern(C, MFA, false) || {_, _, _} = MFA <- maps:keys(C#c.off)],
    [pattern(C, {?MODULE, F, 1}, ?CALLS) || F <- gauged()],
    [Some || {_, Count} = Some <- Counts, Count > 0].

select_module(C, M) ->
    case is_agent(M) of
        true -> 0;
        false -> set_module(C, M, C#c.spec, selected(C, M))
    end.

skipped(M, Skip) -> [FA || FA <- functions(M), matches(M, FA, Skip)].

selected(#c{select = {Only, Skip, _}}, M) ->
    [FA || FA <- functions(M), Only =:= [] orelse matches(M, FA, Only), not matches(M, FA, Skip)].

%% A whole module in one step where all of it is meant.
set_module(_, _, _, []) -> 0;
set_module(C, M, Spec, Functions) ->
    case length(Functions) =:= length(functions(M)) of
        true -> pattern(C, {M, '_', '_'}, Spec);
        false -> lists:sum([pattern(C, {M, F, A}, Spec) || {F, A} <- Functions])
    end.

%% A call of one of the functions, in whatever process, begins the trace of that process: at a meta pattern, which needs no
%% flag in the process. While the gate, a bit of the node's trace control word, is open one call comes through and closes it:
%% the VM copies a captured call's arguments to the relay, and its result or exception when it ends (exception_trace, a frame
%% on the stack), and must not do that for calls that nobody asked for, a recursion's above all.
trigger(C = #c{carriers = Carriers}) ->
    Guards = [{'=/=', {'band', {get_tcw}, ?GATE}, 0} | [{'=/=', {self}, Pid} || Pid <- [self(), whereis(?MODULE) | Carriers]]],
    Place = case erts_before(14, 0) of
                true -> {caller};
                false -> {{{caller}, {current_stacktrace}}} % the innermost few frames, where there are such
            end,
    [{'_', Guards, [{set_tcw, {'band', {get_tcw}, {'bnot', ?GATE}}}, {trace, [], {const, flags(C)}}, {exception_trace},
                    {message, Place}]}].

set_triggers(C = #c{capture = {functions, _, _, _}}, Functions) ->
    [meta_pattern(C, MFA, trigger(C)) || MFA <- Functions];
set_triggers(_, _) ->
    ok.

%% The gate is the node's: other bits are left as they are.
open_gate() -> erlang:system_flag(trace_control_word, erlang:system_info(trace_control_word) bor ?GATE).

close_gate() -> erlang:system_flag(trace_control_word, erlang:system_info(trace_control_word) band (bnot ?GATE)).

%% With the legacy interface all patterns are in one place: what others have set since we came is put back.
clear_patterns(C = #c{capture = {functions, _, _, _}}) ->
    close_gate(),
    [catch meta_pattern(C, MFA, false) || MFA <- C#c.functions],
    clear_calls(C);
clear_patterns(C) ->
    clear_calls(C).

clear_calls(C = #c{api = session}) ->
    pattern(C, {'_', '_', '_'}, false);
clear_calls(C = #c{api = legacy}) ->
    Foreign = foreign_patterns(),
    pattern(C, {'_', '_', '_'}, false),
    [catch pattern(C, MFA, Spec) || {MFA, local, Spec} <- Foreign]. % a global one is not cleared with ours

%% When nobody is left who knows which functions were meant.
clear_triggers() ->
    close_gate(),
    [catch erlang:trace_pattern({M, F, A}, false, [meta]) ||
        M <- erlang:loaded(), {F, A} <- functions(M), {meta_match_spec, Spec} <- [erlang:trace_info({M, F, A}, meta_match_spec)],
        is_trigger(Spec)].

is_trigger([{'_', [{'=/=', {'band', {get_tcw}, ?GATE}, 0} | _], _}]) -> true;
is_trigger(_) -> false.

%% Modules loaded during the trace: the new instance has no breakpoints, even where the code is the same, and an
%% on_load pattern would make every load stop the world. So one function of each module is asked whether it is traced.

watch_modules(C = #c{watched = Watched}) ->
    lists:foldl(fun(M, Known) -> watch_module(C, M, Known) end, Watched, erlang:loaded()).

watch_module(C, M, Known) ->
    case Known of
        #{M := none} -> Known;
        #{M := Probe} ->
            case is_traced(C, Probe) of
                true -> Known;
                false -> module_loaded(C, M, Known)
            end;
        #{} -> module_loaded(C, M, Known)
    end.

module_loaded(C = #c{relay = Relay}, M, Known) ->
    try {select_module(C, M), probe(C, M)} of
        {Functions, Probe} ->
            Captured = [MFA || {Same, _, _} = MFA <- C#c.functions, Same =:= M],
            [pattern(C, MFA, C#c.spec) || MFA <- Captured],
            [pattern(C, MFA, false) || {Same, _, _} = MFA <- maps:keys(C#c.off), Same =:= M],
            set_triggers(C, Captured),
            is_agent(M) orelse C#c.head =/= none orelse (Relay ! {module, M, Functions > 0, erlang:monotonic_time(nanosecond)}),
            Known#{M => Probe}
    catch
        error:_ -> Known % unloaded meanwhile
    end.

probes(C) -> maps:from_list([{M, probe(C, M)} || M <- erlang:loaded()]).

%% A function of the module that is meant to be traced, or none.
probe(C = #c{select = {[], [], _}}, M) ->
    case is_agent(M) orelse functions(M) =:= [] orelse is_map_key({M, module_info, 0}, C#c.off) of true -> none; false -> {M, module_info, 0} end;
probe(C, M) ->
    case is_agent(M) orelse [FA || {F, A} = FA <- [{F, A} || {Same, F, A} <- C#c.functions, Same =:= M] ++ selected(C, M),
                                   not is_map_key({M, F, A}, C#c.off)] of
        [{F, A} | _] -> {M, F, A};
        _ -> none
    end.

%% Processes. Flags are set one process at a time: `all` and `existing` would stop the world.

%% `procs` says who spawned whom. It comes with the arguments of the spawn and with exit reasons, which the VM copies to
%% the relay, as it copies the arguments to the new process; the relay drops them at once.
flags(#c{spawned = true} = C) -> [set_on_spawn, procs | flags(C#c{spawned = false})];
flags(#c{api = session}) -> common_flags();
flags(#c{api = legacy, relay = Relay}) -> [{tracer, Relay} | common_flags()].

common_flags() ->
    [call, return_to, arity, running, exiting, garbage_collection, monotonic_timestamp].

trace_process(C = #c{api = session, session = Session}, Pid, On) ->
    trace:process(Session, Pid, On, case On of true -> flags(C); false -> [all] end);
trace_process(C, Pid, On) ->
    erlang:trace(Pid, On, case On of true -> flags(C); false -> [all] end).

delivered(#c{api = session, session = Session}, Pid) -> trace:delivered(Session, Pid);
delivered(_, Pid) -> erlang:trace_delivered(Pid).

%% A process's stack is read while it is traced already and goes on running: the relay finds the moment that it belongs to.
%% (Holding the process still with erlang:suspend_process/1 is no way: OTP 28 and later pause its receive timer then, and
%% OTP 29 can lose it, so that the process sleeps for ever.)
begin_process(Relay, Control, Pid) ->
    tell_stack(Relay, Pid, ?STACK_TRIES),
    Relay ! {looked, timely(Relay, fun() -> look([Pid]) end, [])},
    is_process_alive(Pid) orelse (Control ! {gone, Pid}).

tell_stack(Relay, Pid, Tries) ->
    Now = erlang:monotonic_time(nanosecond),
    Relay ! {stack, Pid, timely(Relay, fun() -> read_stack(Pid, ?STACK_PRINT_MAX) end, {{[], true}, Now, Now}), Tries}.

%% What another process is asked may take until that process yields, which in a bad NIF is never: somebody else waits. The relay
%% knows it for one of ours, should it call a function whose calls are waited for.
timely(Relay, Ask, Default) ->
    {Pid, Ref} = helper(fun() ->
                                Relay ! {ours, self()},
                                exit({answer, try Ask() catch _:_ -> Default end})
                        end, [monitor]),
    receive
        {'DOWN', Ref, process, Pid, {answer, Answer}} -> Answer;
        {'DOWN', Ref, process, Pid, _} -> Default
    after ?ANSWER_MS ->
        exit(Pid, kill),
        erlang:demonitor(Ref, [flush]),
        Default
    end.

end_process(C, Pid) ->
    catch trace_process(C, Pid, false),
    erlang:monotonic_time(nanosecond).

%% {{Frames, Cut}, Before, After}. Frames are outermost first; Cut when outer ones are missing; it was read between the two
%% times. The text of a backtrace has every frame, but the process has to print the terms on its stack, too: only where
%% that takes it a few milliseconds.
read_stack(Pid, PrintMax) ->
    [{stack_size, Slots}, {total_heap_size, Words}] = process_info(Pid, [stack_size, total_heap_size]),
    Item = case Slots * min(Words, ?TERM_PRINT_MAX) =< PrintMax of
               true -> backtrace;
               false -> current_stacktrace
           end,
    Before = erlang:monotonic_time(nanosecond),
    Info = process_info(Pid, Item),
    After = erlang:monotonic_time(nanosecond),
    {stack(Info, Slots, Pid), Before, After}.

%% The short form shows neighbors with the same return address, a body recursion, as one frame: many more words of stack
%% than its frames take say so.
stack({backtrace, Text}, _, _) ->
    {backtrace_frames(binary:split(Text, <<"\n">>, [global]), []), false};
stack({current_stacktrace, Top}, Slots, Pid) ->
    Frames = lists:reverse([{M, F, A} || {M, F, A, _} <- Top]),
    {Frames, Slots > ?FRAME_SLOTS * length(Frames) orelse not (is_entry(Frames, Pid) orelse length(Frames) < trace_depth(80))}.

%% Is the outermost of these frames one that a process starts with?
is_entry([{proc_lib, init_p, _} | _], _) -> true;
is_entry([{proc_lib, init_p_do_apply, 3} | _], _) -> true;
is_entry([MFA | _], Pid) -> process_info(Pid, initial_call) =:= {initial_call, MFA};
is_entry([], _) -> false.

%% "Program counter: 0x... (lists:sort/1 + 56)" and "0x... Return addr 0x... (shop:loop/1 + 128)".
backtrace_frames([], Frames) -> Frames;
backtrace_frames([Line | Lines], Frames) ->
    Is = fun(Prefix) -> binary:longest_common_prefix([Line, Prefix]) =:= byte_size(Prefix) end,
    case Is(<<"Program counter: ">>) orelse (Is(<<"0x">>) andalso binary:match(Line, <<" Return addr ">>) =/= nomatch) of
        true -> backtrace_frames(Lines, frame(Line) ++ Frames);
        false -> backtrace_frames(Lines, Frames)
    end.

frame(Line) ->
    case binary:split(Line, <<" (">>) of
        [_, Rest] ->
            Text = case unicode:characters_to_list(Rest) of
                       List when is_list(List) -> List;
                       _ -> binary_to_list(Rest)
                   end,
            case catch erl_scan:string(Text) of
                {ok, [{atom, _, M}, {':', _}, {atom, _, F}, {'/', _}, {integer, _, A} | _], _} -> [{M, F, A}];
                _ -> []
            end;
        _ -> []
    end.

%% {Pid, Name, Label, InitialCall}, texts as UTF-8.
describe_timely(Relay, Pid) ->
    timely(Relay, fun() -> describe(Pid) end, {pid_text(Pid), <<>>, <<>>, <<>>}).

describe(Pid) ->
    Name = case process_info(Pid, registered_name) of
               {registered_name, Atom} -> atom_to_binary(Atom, utf8);
               _ -> <<>>
           end,
    Label = label(Pid),
    Initial = initial_call(Pid),
    case is_process_alive(Pid) of
        true -> {pid_text(Pid), Name, Label, Initial};
        false -> {pid_text(Pid), <<>>, <<>>, <<>>} % what was said of it may be made up
    end.

pid_text(Pid) -> list_to_binary(pid_to_list(Pid)).

label(Pid) ->
    case erlang:function_exported(proc_lib, get_label, 1) andalso catch apply(proc_lib, get_label, [Pid]) of
        Label when is_atom(Label), Label =/= false, Label =/= undefined -> atom_to_binary(Label, utf8);
        Label when is_binary(Label), byte_size(Label) =< 1000 -> printable(Label);
        Label when is_list(Label); is_tuple(Label) -> printable(io_lib:format("~0tP", [Label, 20]));
        _ -> <<>>
    end.

printable(Text) ->
    case catch unicode:characters_to_binary(Text) of
        Binary when is_binary(Binary), byte_size(Binary) =< 4000 -> Binary;
        _ -> <<>>
    end.

%% proc_lib knows only what was started by it, and makes something up for others.
initial_call(Pid) ->
    Known = case catch proc_lib:initial_call(Pid) of
                {_, _, _} -> catch proc_lib:translate_initial_call(Pid);
                _ -> case process_info(Pid, initial_call) of {initial_call, MFA} -> MFA; undefined -> none end
            end,
    case Known of
        {M, F, A} when is_atom(M), is_atom(F), is_integer(A) -> mfa_text(M, F, A);
        _ -> <<>>
    end.

mfa_text(M, F, A) -> printable(io_lib:format("~tp:~tp/~w", [M, F, A])).

