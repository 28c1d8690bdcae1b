%% What was typed, to what the VM knows: processes, functions, and the globs that choose among functions. Part of the
%% agent's one module (agent.erl). Never makes an atom: a name that nobody has used names nothing.

refused(Kind, Text) -> throw({refused, Kind, Text}).

%% Processes.

target({pid, Text}) ->
    Pid = try list_to_pid(binary_to_list(Text))
          catch error:_ -> refused(no_process, [Text, " is no process of this node"])
          end,
    alive(Pid, Text);
target({name, Name}) ->
    Found = [Pid || Atom <- existing_atoms(Name), Pid <- [whereis(Atom)], is_pid(Pid)],
    case Found of
        [Pid | _] -> alive(Pid, Name);
        [] -> refused(no_process, ["no process is registered as ", Name])
    end;
target({supervisor, Name}) ->
    [Supervisor] = target({case binary:first(Name) of $< -> pid; _ -> name end, Name}),
    case descendants(Supervisor) of
        [] -> refused(no_process, [Name, " is no supervisor, or has no children"]);
        Pids -> Pids
    end.

alive(Pid, Text) ->
    case node(Pid) =:= node() andalso is_process_alive(Pid) of
        true -> [Pid];
        false -> refused(no_process, ["the process ", Text, " does not exist (any more)"])
    end.

existing_atoms(Name) ->
    existing_atom(Name) ++ existing_atom(iolist_to_binary(["Elixir.", Name])).

existing_atom(Text) ->
    try [binary_to_existing_atom(Text, utf8)] catch error:_ -> [] end.

%% Found by looking, not by asking: a call that a process does not know would end it. A child is linked to its parent and
%% names it first among its ancestors (proc_lib).
descendants(Supervisor) ->
    maps:keys(descendants(Supervisor, #{Supervisor => true})) -- [Supervisor].

descendants(Pid, Seen) ->
    lists:foldl(fun(Child, S) -> descendants(Child, S#{Child => true}) end, Seen,
                [Child || Child <- local_links(Pid), not is_map_key(Child, Seen), parent(Child) =:= Pid]).

local_links(Pid) ->
    case process_info(Pid, links) of
        {links, Links} -> [Linked || Linked <- Links, is_pid(Linked), node(Linked) =:= node()];
        undefined -> []
    end.

parent(Pid) ->
    case process_info(Pid, dictionary) of
        {dictionary, Dictionary} ->
            case lists:keyfind('$ancestors', 1, Dictionary) of
                {_, [Parent | _]} when is_atom(Parent) -> whereis(Parent);
                {_, [Parent | _]} -> Parent;
                _ -> none
            end;
        undefined -> none
    end.

%% The processes that carry the connection to the profiler: to trace them would make events of sending events. What net_kernel
%% has on record of it (OTP, lib/kernel/src/net_kernel.erl, #connection{}), and with TLS what its sender is linked to and what
%% stands beside it under the connection's own supervisor (lib/ssl/src/tls_dyn_connection_sup.erl).
carriers(Node) ->
    Recorded = case catch ets:lookup(sys_dist, Node) of
                   [Connection] -> [Pid || Pid <- tuple_to_list(Connection), is_pid(Pid), node(Pid) =:= node()];
                   _ -> []
               end,
    Senders = [Pid || {Name, Pid} <- erlang:system_info(dist_ctrl), Name =:= Node, is_pid(Pid)],
    Linked = [{Pid, started_by(Pid)} || Sender <- Senders, Pid <- local_links(Sender)],
    Beside = [Pid || {Supervisor, {supervisor, tls_dyn_connection_sup, _}} <- Linked, Pid <- local_links(Supervisor)],
    lists:usort(Recorded ++ Senders ++ [Pid || {Pid, Initial} <- Linked ++ [{Pid, started_by(Pid)} || Pid <- Beside],
                                               element(1, Initial) =/= supervisor]).

started_by(Pid) ->
    case catch proc_lib:translate_initial_call(Pid) of
        {_, _, _} = Initial -> Initial;
        _ -> {none, none, 0}
    end.

%% Functions: "lists:sort/1", "lists:sort", "Shop.Cart.total/2", ":lists.sort", "shop:'odd name'/1".

functions_named(Text) ->
    {Name, Arity} = split_arity(Text),
    functions_in(modules_named(Name)) =:= [] andalso load(Name),
    Modules = modules_named(Name),
    Named = functions_in(Modules),
    Found = [MFA || {_, _, A} = MFA <- Named, Arity =:= any orelse A =:= Arity],
    case Found of
        _ when Modules =:= [] -> refused(no_function, ["no module of ", Text, " is loaded, or can be"]);
        [] when Named =:= [] -> refused(no_function, ["there is no function ", Text]);
        [] -> refused(no_function, ["there is no ", Text, ", but ",
                                    lists:join(", ", [spoken(M, F, A) || {M, F, A} <- lists:usort(Named)])]);
        [{M, _, _} | _] ->
            is_agent(M) andalso refused(no_function, [Text, " is flambeau's own"]),
            is_carrying(M) andalso refused(no_function, [Text, " carries flambeau's own connection"]),
            lists:usort(Found)
    end.

%% As its language writes it, for a person.
spoken(M, F, A) ->
    case atom_to_list(M) of
        "Elixir." ++ _ -> io_lib:format("~ts.~ts/~w", [spoken(M), F, A]);
        _ -> io_lib:format("~ts:~tp/~w", [spoken(M), F, A])
    end.

spoken(M) ->
    case atom_to_list(M) of
        "Elixir." ++ Elixir -> Elixir;
        _ -> io_lib:format("~tp", [M])
    end.

split_arity(Text) ->
    case binary:matches(Text, <<"/">>) of
        [] -> {Text, any};
        Slashes ->
            {At, 1} = lists:last(Slashes),
            try {binary:part(Text, 0, At), binary_to_integer(rest(Text, At + 1))}
            catch error:badarg -> {Text, any}
            end
    end.

rest(Text, At) -> binary:part(Text, At, byte_size(Text) - At).

splits(Name) ->
    [{binary:part(Name, 0, At), rest(Name, At + 1)} ||
        {At, 1} <- binary:matches(Name, [<<":">>, <<".">>]), At > 0, At + 1 < byte_size(Name)].

modules_named(Name) ->
    [{M, Rest} || {Left, Rest} <- splits(Name), M <- existing_atoms(module_text(Left)), erlang:module_loaded(M)].

functions_in(Modules) ->
    [{M, F, A} || {M, Rest} <- Modules, F <- existing_atom(unquoted(Rest)), {Same, A} <- functions(M), Same =:= F].

%% Where code is loaded when it is first called (interactive mode), that call may be the one that is waited for. No atom is
%% made of a name that no file in the code path has.
load(Name) ->
    [code:ensure_loaded(binary_to_atom(Module)) ||
        {Left, _} <- splits(Name), Text <- [module_text(Left)], binary:match(Text, <<"/">>) =:= nomatch,
        Module <- [Text, <<"Elixir.", Text/binary>>], File <- [unicode:characters_to_list([Module, ".beam"])],
        is_list(File), is_list(code:where_is_file(File))].

module_text(<<":", Left/binary>>) when Left =/= <<>> -> unquoted(Left);
module_text(Left) -> unquoted(Left).

unquoted(Text) when byte_size(Text) > 2 ->
    case {binary:first(Text), binary:last(Text)} of
        {Quote, Quote} when Quote =:= $'; Quote =:= $" -> binary:part(Text, 1, byte_size(Text) - 2);
        _ -> Text
    end;
unquoted(Text) -> Text.

is_agent(M) -> lists:prefix("flambeau_agent_", atom_to_list(M)).

%% Modules whose functions run only where distribution does.
is_carrying(M) ->
    lists:member(M, [dist_util, inet_tcp_dist, inet6_tcp_dist, inet_tls_dist, inet6_tls_dist, tls_sender]).

%% Not M:module_info/1: a module that has only old code would be loaded again by the call.
functions(M) -> try erlang:get_module_info(M, functions) catch error:_ -> [] end.

%% Globs: `*` is any text. A pattern may name a module, a function or a function with its arity, in either language;
%% app:NAME is all modules of the loaded applications of that name.

glob(<<"app:", Name/binary>>) ->
    Glob = unicode:characters_to_list(Name),
    case [M || {App, _, _} <- application:loaded_applications(), glob_match(Glob, atom_to_list(App)), M <- modules_of(App)] of
        [] -> refused(no_function, ["no application ", Name, " is loaded, or it has no modules"]);
        Modules -> {modules, maps:from_keys(Modules, [])}
    end;
glob(Text) -> {names, unicode:characters_to_list(Text)}.

modules_of(App) ->
    case application:get_key(App, modules) of
        {ok, Modules} -> Modules;
        undefined -> []
    end.

matches(_, _, []) -> false;
matches(M, {F, A}, Globs) ->
    Names = case atom_to_list(M) of
                "Elixir." ++ Elixir -> [{Elixir, "."}, {"Elixir." ++ Elixir, ":"}];
                Erlang -> [{Erlang, ":"}]
            end,
    lists:any(fun({modules, Modules}) -> is_map_key(M, Modules);
                 ({names, Glob}) ->
                      lists:any(fun({Module, Dot}) ->
                                        Function = Module ++ Dot ++ atom_to_list(F),
                                        glob_match(Glob, Module) orelse glob_match(Glob, Function) orelse
                                            glob_match(Glob, Function ++ "/" ++ integer_to_list(A))
                                end, Names)
              end, Globs).

glob_match([$*], _) -> true;
glob_match([$* | Glob], []) -> glob_match(Glob, []);
glob_match([$* | Rest] = Glob, [_ | Text] = All) -> glob_match(Rest, All) orelse glob_match(Glob, Text);
glob_match([Char | Glob], [Char | Text]) -> glob_match(Glob, Text);
glob_match([], []) -> true;
glob_match(_, _) -> false.
