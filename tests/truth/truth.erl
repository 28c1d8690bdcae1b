%% Runs one program of the suite in a process registered as `truth`, and keeps what the program says of itself: how long
%% its phases took by the node's own monotonic clock, and what it counted.
%%
%% A program is a function of a module `truth_*`, `deep` or `Truth.*`. The module's truth/1 has its table of rows
%% {Stack, Truth}:
%%   Stack   frames from the outermost one of the suite's own, `;` between them; those of the module itself without its
%%           name, `d/1 x 5` for five on top of each other, `e/1+o/1 x 5` for five pairs; with `@` before it, as
%%           --by parent draws it
%%   Truth   an integer: calls at exactly this stack.   an atom: the length of that phase is the time at and above it.
%%           {at_least, Phase}: at least that, and little more: others may keep a process from running, too
%%           some, none: there is time, or none.        all: the whole capture's time
%% Calls at any other stack, of the suite's own functions or of a library's that the table names, are wrong. What a
%% library does inside differs by release, so libraries that call each other count as the first of them; and this
%% module's frames are left out, with what they call.
-module(truth).

-export([start/0, runner/0, run/2, table/2, told/0, ready/0, is_traced/1, times/2]).
-export([began/1, ended/1, nap/2, burn/2, compete/2, tell/2, same/1]).

%% Loaded first, so that no program's first call of one loads it.
-define(LIBRARIES, [timer, lists, maps, file, crypto, gen_server, gen, gen_event, proc_lib, sys, binary, ets, prim_file,
                    code, compile, atomics, supervisor, erl_scan, erl_parse, witness]).

%% A new runner. What the last one told is forgotten.
start() ->
    Ours = [list_to_atom(filename:basename(Beam, ".beam")) ||
               Beam <- filelib:wildcard(filename:join(filename:dirname(code:which(?MODULE)), "*.beam"))],
    ok = code:ensure_modules_loaded(?LIBRARIES ++ Ours),
    ets:whereis(truth) =/= undefined orelse keep_table(),
    ets:delete_all_objects(truth),
    is_pid(whereis(truth)) andalso end_runner(whereis(truth)),
    true = register(truth, spawn(?MODULE, runner, [])),
    ok.

keep_table() ->
    Asker = self(),
    spawn(fun() -> ets:new(truth, [named_table, public]), Asker ! kept, receive never -> ok end end),
    receive kept -> ok end.

end_runner(Pid) ->
    Ref = monitor(process, Pid),
    exit(Pid, kill),
    receive {'DOWN', Ref, _, _, _} -> ok end.

runner() ->
    group_leader(whereis(user), self()), % not the node's that asked: reports of crashes are printed there
    receive {run, Module, Program} -> Module:Program() end,
    ok.

run(Module, Program) ->
    truth ! {run, Module, Program},
    ok.

%% Is tracing on for what is registered under this name?
is_traced(Name) ->
    is_pid(whereis(Name)) andalso witness:is_traced(whereis(Name)).

ready() -> ets:member(truth, ready).

told() -> maps:from_list([{Name, Number} || {Name, Number} <- ets:tab2list(truth), is_atom(Name)]).

table(Module, Program) ->
    [[unicode:characters_to_binary(Stack), Truth] || {Stack, Truth} <- Module:truth(Program)].

times(Frames, N) -> Frames ++ " x " ++ integer_to_list(N).

%%% For the programs.

began(Phase) ->
    ets:insert(truth, {{began, Phase}, erlang:monotonic_time(nanosecond)}).

%% A phase may come several times: its lengths add up.
ended(Phase) ->
    Now = erlang:monotonic_time(nanosecond),
    [{_, Began}] = ets:take(truth, {began, Phase}),
    tell(Phase, Now - Began).

tell(Name, Number) ->
    ets:update_counter(truth, Name, Number, {Name, 0}).

nap(Phase, Ms) ->
    began(Phase),
    timer:sleep(Ms),
    ended(Phase),
    ok.

burn(Phase, Ms) ->
    began(Phase),
    burn_until(erlang:monotonic_time(millisecond) + Ms, big()),
    ended(Phase),
    ok.

burn_until(End, Big) ->
    1 = Big rem 3,
    erlang:monotonic_time(millisecond) < End andalso burn_until(End, Big).

%% A division of it is work for some 10 microseconds in one instruction.
big() -> same(1) bsl 40000.

%% Burns, as does a rival that is not traced and counts its pieces of work. Where there is one scheduler, the time
%% between two pieces of ours is time in which we were ready and did not run if the rival has counted on meanwhile: the
%% phase.
compete(Phase, Ms) ->
    Count = atomics:new(1, []),
    Rival = spawn(fun() -> rival(Count, big()) end),
    compete_until(erlang:monotonic_time(nanosecond) + Ms * 1000000, Count, Phase, big(), 0, 0),
    exit(Rival, kill).

rival(Count, Big) ->
    1 = Big rem 3,
    atomics:add(Count, 1, 1),
    rival(Count, Big).

compete_until(End, Count, Phase, Big, Seen, SeenAt) ->
    1 = Big rem 3,
    Before = erlang:monotonic_time(nanosecond),
    Now = atomics:get(Count, 1),
    Now =/= Seen andalso SeenAt =/= 0 andalso tell(Phase, erlang:monotonic_time(nanosecond) - SeenAt),
    Before < End andalso compete_until(End, Count, Phase, Big, Now, Before).

%% Its value is nothing that the compiler could know.
same(Term) -> Term.
