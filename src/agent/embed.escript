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
                          array("agent_processes", forms(filename:join(Dir, "processes.exprs")))]).

%% r25 keeps the instruction set to what OTP 25 loads; a compiler of 25 makes no other.
compile_agent(Source, Module) ->
    Release = list_to_integer(erlang:system_info(otp_release)),
    Oldest = case Release > 25 of true -> [r25]; false -> [] end,
    Options = [binary, return_errors, report, deterministic, nowarn_deprecated_catch, no_spawn_compiler_process,
               {d, 'AGENT_MODULE', Module} | Oldest],
    case compile:file(Source, Options) of
        {ok, Module, Beam} -> {beam_md5(Beam), Beam};
        Failed -> io:format(standard_error, "~p~n", [Failed]), halt(1)
    end.

beam_md5(Beam) -> {ok, {_, Md5}} = beam_lib:md5(Beam), Md5.

%% Abstract forms as a term in the external format, without its version byte.
forms(File) ->
    {ok, Text} = file:read_file(File),
    {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list(Text)),
    {ok, Exprs} = erl_parse:parse_exprs(Tokens),
    <<131, Term/binary>> = term_to_binary(Exprs),
    Term.

array(Name, Bytes) ->
    ["const unsigned char ", Name, "[] = {", lists:join(",", [integer_to_list(B) || <<B>> <= Bytes]), "};\n",
     "const size_t ", Name, "_size = sizeof ", Name, ";\n"].
