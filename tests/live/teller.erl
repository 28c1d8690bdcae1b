%% Names and labels that tell too much: of the node, and of values that are nobody else's business.
-module(teller).
-export([start/1, work/1]).

start(Secret) ->
    Module = list_to_atom("config_" ++ atom_to_list(node())),
    {ok, Module, Code} = compile:forms([{attribute, 1, module, Module}, {attribute, 2, export, [{total, 1}]},
                                        {function, 3, total, 1, [{clause, 3, [{var, 3, 'X'}], [],
                                                                  [{call, 3, {remote, 3, {atom, 3, lists}, {atom, 3, sum}},
                                                                    [{var, 3, 'X'}]}]}]}]),
    {module, Module} = code:load_binary(Module, "nofile", Code),
    Pid = spawn(fun() ->
                        erlang:function_exported(proc_lib, set_label, 1)
                            andalso apply(proc_lib, set_label, [{customer, Secret}]),
                        work(Module)
                end),
    register(list_to_atom("teller of " ++ Secret ++ " on " ++ atom_to_list(node())), Pid),
    register(teller, spawn(fun() -> work(Module) end)),
    list_to_binary(pid_to_list(Pid)).

work(Module) ->
    Module:total(lists:seq(1, 100)),
    receive stop -> ok after 5 -> ?MODULE:work(Module) end.
