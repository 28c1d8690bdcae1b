%% Looks at a node from the inside and says what is there; the tests compare before and after. It loads nothing and
%% changes nothing. On the observer's node it answers the harness: a line in is an Erlang expression with N bound to
%% the target, a line out is its value as JSON.
-module(witness).

-export([state/0, is_traced/1, traced_processes/0, is_gate_open/0, serve/0]).

-define(GATE, 16#40000000). % the bit of the trace control word that lets a call through to be captured

state() ->
    Sessions = sessions(),
    #{flags => [text("~p ~p ~0p", [P, S, F]) || P <- erlang:processes(), S <- [legacy | Sessions], F <- [flags(S, P)], F =/= []]
          ++ [text("new ~0p", [F]) || F <- [flags(legacy, new)], F =/= []],
      functions => [text("~p ~0p", [S, MFA]) || MFA <- functions(), S <- [legacy | Sessions], traced(S, MFA)]
          ++ [text("on_load ~0p", [S]) || S <- [legacy | Sessions], traced(S, on_load)],
      sessions => [text("~0p", [S]) || S <- Sessions],
      gate => [text("trace_control_word ~.16B", [Word]) || Word <- [erlang:system_info(trace_control_word)], Word band ?GATE =/= 0],
      names => [text("~p", [Name]) || Name <- erlang:registered(), lists:prefix("flambeau_", atom_to_list(Name))],
      modules => [text("~p ~0tp", [M, File]) || {M, File} <- code:all_loaded(), is_foreign(M, File)],
      old_code => [text("~p", [M]) || M <- erlang:loaded(), erlang:check_old_code(M)],
      processes => [text("~p", [P]) || P <- erlang:processes(), P =/= self()],
      described => [described(P) || P <- erlang:processes(), P =/= self()],
      connected => [text("~s", [N]) || N <- nodes(hidden)],
      memory_bytes => erlang:memory(total),
      atoms => erlang:system_info(atom_count)}.

%% A process, or a function.
is_traced(Pid) when is_pid(Pid) -> lists:any(fun(S) -> flags(S, Pid) =/= [] end, [legacy | sessions()]);
is_traced(MFA) -> lists:any(fun(S) -> traced(S, MFA) end, [legacy | sessions()]).

traced_processes() ->
    Sessions = [legacy | sessions()],
    [text("~p", [P]) || P <- erlang:processes(), lists:any(fun(S) -> flags(S, P) =/= [] end, Sessions)].

is_gate_open() -> erlang:system_info(trace_control_word) band ?GATE =/= 0.

%% Sessions other than the legacy one; there are none before OTP 27.
sessions() ->
    case code:ensure_loaded(trace) of
        {module, trace} -> [S || S <- listed(trace:session_info(all)), not is_legacy(S)];
        _ -> []
    end.

listed(undefined) -> [];
listed(Sessions) -> Sessions.

is_legacy({legacy, default}) -> true;
is_legacy(S) -> S =:= default orelse S =:= legacy.

flags(Session, Process) ->
    case info(Session, Process, flags) of
        {flags, Flags} -> Flags;
        undefined -> []
    end.

traced(Session, on_load) ->
    is_traced(Session, on_load, traced);
traced(Session, MFA) ->
    is_traced(Session, MFA, traced) orelse is_traced(Session, MFA, meta).

is_traced(Session, What, Item) ->
    case info(Session, What, Item) of
        {Item, Value} -> not lists:member(Value, [false, undefined, []]);
        undefined -> false
    end.

info(legacy, What, Item) -> erlang:trace_info(What, Item);
info(Session, What, Item) ->
    %% A session may go between being listed and being asked.
    try trace:info(Session, What, Item) catch error:badarg -> undefined end.

functions() ->
    [{M, F, A} || {M, _} <- code:all_loaded(), {F, A} <- module_functions(M)].

module_functions(M) ->
    %% A module may go between being listed and being asked, and in the middle of that.
    try M:module_info(functions) catch error:undef -> []; error:badarg -> [] end.

%% Loaded from memory rather than from a file.
is_foreign(_Module, preloaded) -> false;
is_foreign(_Module, File) when is_list(File), File =/= [] -> not filelib:is_regular(File);
is_foreign(_Module, _File) -> true.

described(P) ->
    text("~p ~0p", [P, erlang:process_info(P, [registered_name, initial_call, current_function, dictionary])]).

text(Format, Args) ->
    unicode:characters_to_binary(io_lib:format(Format, Args)).

serve() ->
    {ok, [[Target]]} = init:get_argument(target),
    ok = io:setopts([{encoding, unicode}]),
    serve(list_to_atom(Target)).

serve(Target) ->
    case io:get_line("") of
        eof -> halt();
        Line ->
            Answer = try {ok, evaluate(Line, Target)} catch C:R -> {error, text("~0tp", [{C, R}])} end,
            io:put_chars([json(Answer), $\n]),
            serve(Target)
    end.

evaluate(Line, Target) ->
    {ok, Tokens, _} = erl_scan:string(Line),
    {ok, Expressions} = erl_parse:parse_exprs(Tokens),
    {value, Value, _} = erl_eval:exprs(Expressions, [{'N', Target}]),
    Value.

json(V) when is_integer(V) -> integer_to_list(V);
json(true) -> "true";
json(false) -> "false";
json(V) when is_atom(V) -> json(atom_to_binary(V, utf8));
json(V) when is_binary(V) -> [$", [escaped(C) || C <- unicode:characters_to_list(V)], $"];
json(V) when is_list(V) -> [$[, lists:join($,, [json(E) || E <- V]), $]];
json(V) when is_map(V) -> [${, lists:join($,, [[json(K), $:, json(E)] || {K, E} <- maps:to_list(V)]), $}];
json(V) when is_tuple(V) -> json(tuple_to_list(V));
json(V) -> json(text("~0tp", [V])).

escaped($") -> "\\\"";
escaped($\\) -> "\\\\";
escaped(C) when C < 32; C > 126, C < 65536 -> io_lib:format("\\u~4.16.0b", [C]);
escaped(C) -> C.
