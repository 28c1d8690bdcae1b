#!/usr/bin/env escript
%% Compiles the agent and writes it, with the expressions that are evaluated on the node, as C arrays.
%%   embed.escript SOURCE_DIR OUTPUT.c
%% The module's name carries a hash of its code, so that profilers of different versions never share an agent.
main([Dir, Output]) ->
    Source = filename:join(Dir, "agent.erl"),
    {Hashed, _} = compile_agent(Source, flambeau_agent_),
    Hash = lists:sublist(lists:flatten([io_lib:format("~2.16.0b", [B]) || <<B>> <= Hashed]), 16),
    Name = "flambeau_agent_" ++ Hash,
    {_, Beam} = compile_agent(Source, list_to_atom(Name)),
    ok = file:write_file(Output,
                         ["#include \"agent/agent.h\"\n\n",
                          "const char agent_module[] = \"", Name, "\";\n",
                          array("agent_beam", Beam),
                          array("agent_attach", forms(filename:join(Dir, "attach.exprs"))),
                          array("agent_processes", forms(filename:join(Dir, "processes.exprs"))),
                          array("agent_modules", forms(filename:join(Dir, "modules.exprs")))]).

%% For the oldest OTP that this compiler can still write for: 25 up to its release 28, 26 from 29 on. A compiler of 25 knows
%% no r25 and makes nothing else; and OTP 25 loads no module that was compiled with `maybe` switched on, as 27 and later do.
compile_agent(Source, Module) ->
    case erlang:system_info(otp_release) of
        "25" -> compile_agent(Source, Module, [[]]);
        _ -> compile_agent(Source, Module, [[{feature, maybe_expr, disable}, Release] || Release <- [r25, r26, r27]])
    end.

compile_agent(Source, Module, [Oldest | Newer]) ->
    Options = [binary, return_errors, deterministic, nowarn_deprecated_catch, {d, 'AGENT_MODULE', Module} | Oldest],
    case compile:file(Source, Options) of
        {ok, Module, Beam} -> {beam_md5(Beam), Beam};
        {error, [{_, [{none, compile, {obsolete_option, _}}]}], _} -> compile_agent(Source, Module, Newer);
        Failed -> io:format(standard_error, "~p~n", [Failed]), halt(1)
    end.

beam_md5(Beam) -> {ok, {_, Md5}} = beam_lib:md5(Beam), Md5.

%% What is evaluated on the node begins with this, so that it ends when the profiler does. A link to a node that has gone
%% would have this one look for it and connect.
-define(LINK, "lists:member(node(Client), nodes(hidden)) orelse exit(normal), link(Client), ").

%% Abstract forms as a term in the external format, without its version byte.
forms(File) ->
    {ok, Text} = file:read_file(File),
    {ok, Tokens, _} = erl_scan:string(?LINK ++ unicode:characters_to_list(Text)),
    {ok, Exprs} = erl_parse:parse_exprs(Tokens),
    <<131, Term/binary>> = term_to_binary(Exprs),
    Term.

array(Name, Bytes) ->
    ["const unsigned char ", Name, "[] = {", lists:join(",", [integer_to_list(B) || <<B>> <= Bytes]), "};\n",
     "const size_t ", Name, "_size = sizeof ", Name, ";\n"].
