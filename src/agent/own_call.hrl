%% A call of the profiler's own (`flambeau run`): a process of the agent, the runner, evaluates the arguments, makes the call, and
%% afterwards tells what came of it. It is linked to the controller. Part of the agent's one module (agent.erl).

%% Controller: the runner and the function it is going to call.
start_runner(#c{client = Client, capture = {own, Text, Repeat, Warmup, Full}}) ->
    Control = self(),
    Runner = spawn_link(fun() -> runner(Control, Client, Text, Repeat, Warmup, Full) end),
    put(runner, Runner),
    await_runner(Client, Runner).

%% Evaluating arguments takes as long as it takes; the profiler is told that somebody is there.
await_runner(Client, Runner) ->
    receive
        {ready, Runner, MFA, UntracedNs} ->
            put(untraced_ns, UntracedNs),
            {Runner, MFA};
        {refused, Runner, Kind, Text} -> refused(Kind, Text);
        {'EXIT', Runner, Why} -> refused(raised, ended_text(Why));
        {'EXIT', _, _} -> refused(gone, "") % the profiler
    after 1000 ->
        tell(Client, {flambeau, preparing, none, none}),
        await_runner(Client, Runner)
    end.

%% Controller: has the runner tell the profiler what came of the call.
answer(#c{capture = {own, _, _, _, _}, client = Client, runner = {ended, Why}}, returned) ->
    tell_pieces(Client, exception, ended_text(Why));
answer(#c{capture = {own, _, _, _, _}, client = Client, runner = Runner}, returned) ->
    Runner ! {answer, self()},
    await_answer(Client, Runner, ?PRINT_MS div 1000);
answer(_, _) ->
    ok.

await_answer(Client, _, 0) -> tell_pieces(Client, value, <<"(to write the value takes too long)">>);
await_answer(Client, Runner, Seconds) ->
    receive
        {answered, Runner} -> receive {'EXIT', Runner, _} -> ok after 1000 -> ok end; % and has ended by itself
        {stop, Client} -> tell_pieces(Client, value, <<"(not written to its end)">>);
        {'EXIT', Runner, Why} -> tell_pieces(Client, exception, ended_text(Why));
        {'EXIT', _, _} -> ok
    after 1000 ->
        tell(Client, {flambeau, preparing, none, none}),
        await_answer(Client, Runner, Seconds - 1)
    end.

stop_runner(undefined) -> ok;
stop_runner(Runner) ->
    unlink(Runner),
    exit(Runner, kill).

ended_text(Why) -> printable(io_lib:format("the process that made the call was ended: ~0tP", [Why, 20])).

%% Runner. What the function prints goes where the node's own output goes.
runner(Control, Client, Text, Repeat, Warmup, Full) ->
    erlang:monitor(process, Control),
    case whereis(user) of
        undefined -> ok;
        User -> group_leader(User, self())
    end,
    try
        {Language, M, F, Args} = own_call(Text),
        callable(M, F, length(Args)),
        Untraced = [warm_up(Language, M, F, Args) || _ <- lists:seq(1, Warmup)],
        Control ! {ready, self(), {M, F, length(Args)}, untraced_ns(Untraced)},
        receive
            {go, Control, Relay} ->
                Outcome = repeat(Repeat, M, F, Args, Relay),
                Control ! {own_call_ended, self()},
                receive
                    {answer, Control} ->
                        {Kind, Answer} = outcome_text(Language, Outcome, Full),
                        tell_pieces(Client, Kind, Answer),
                        Control ! {answered, self()};
                    {'DOWN', _, process, Control, _} -> ok
                end;
            {'DOWN', _, process, Control, _} -> ok
        end
    catch
        throw:{refused, Kind1, What} -> Control ! {refused, self(), Kind1, What}
    end.

%% -> how long it took.
warm_up(Language, M, F, Args) ->
    Begin = erlang:monotonic_time(nanosecond),
    Outcome = once(M, F, Args),
    Ns = erlang:monotonic_time(nanosecond) - Begin,
    case Outcome of
        {returned, _} -> Ns;
        {raised, Class, Why, Stack} -> refused(raised, exception_line(Language, Class, Why, Stack))
    end.

%% The median; the first call may have loaded code.
untraced_ns([]) -> none;
untraced_ns([_]) -> none; % which may have loaded code
untraced_ns([_ | Rest]) -> median(Rest).

repeat(Left, M, F, Args, Relay) ->
    Outcome = once(M, F, Args),
    Relay ! {own_call, self(), element(1, Outcome)},
    case Outcome of
        {returned, _} when Left > 1 -> repeat(Left - 1, M, F, Args, Relay);
        _ -> Outcome
    end.

%% What the relay takes for the beginning of a captured call is one that returns here (calls.hrl).
once(M, F, Args) ->
    try apply(M, F, Args) of
        Value -> stamp(), {returned, Value}
    catch
        Class:Why:Stack -> stamp(), {raised, Class, Why, Stack}
    end.

%% Not every exception, nor every BIF, has a return event; this call, from here, is one in any case.
stamp() ->
    Now = erlang:monotonic_time(nanosecond),
    {now, Now}.

callable(M, F, A) ->
    code:ensure_loaded(M) =:= {module, M} orelse refused(no_function, io_lib:format("there is no module ~tp", [M])),
    erlang:function_exported(M, F, A) orelse erlang:is_builtin(M, F, A) orelse begin
        Exported = [Arity || {Name, Arity} <- erlang:get_module_info(M, exports), Name =:= F],
        refused(no_function, [spoken(M, F, A), " is no function that can be called from outside",
                              [[", but ", spoken(M, F, Arity), " is"] || Arity <- lists:sublist(Exported, 1)]])
    end.

%% {Language, Module, Function, Arguments} of one call, as Erlang or, where that is no Erlang and the node has it, Elixir.
own_call(Text) ->
    case erlang_call(unicode:characters_to_list(Text)) of
        {M, F, Args} ->
            {Values, _} = evaluated(erlang, fun() -> erl_eval:expr_list(Args, erl_eval:new_bindings()) end),
            {erlang, M, F, Values};
        no_call ->
            code:ensure_loaded('Elixir.Code') =:= {module, 'Elixir.Code'} orelse no_call(Text),
            Call = elixir_call('Elixir.Code':string_to_quoted(Text)),
            Call =:= no_call andalso no_call(Text),
            {{M, F, Values}, _} = evaluated(elixir, fun() -> 'Elixir.Code':eval_quoted(Call, [], []) end),
            is_atom(M) orelse no_call(Text),
            {elixir, M, F, Values}
    end.

no_call(Text) ->
    refused(expression, ["'", Text, "' is no call like lists:sort([3,1,2]) or Shop.Cart.total(%{id: 7})"]).

erlang_call(Text) when is_list(Text) ->
    Expression = string:trim(string:trim(Text), trailing, ".") ++ ".",
    case erl_scan:string(Expression) of
        {ok, Tokens, _} ->
            case erl_parse:parse_exprs(Tokens) of
                {ok, [{call, _, {remote, _, {atom, _, M}, {atom, _, F}}, Args}]} -> {M, F, Args};
                _ -> no_call
            end;
        _ -> no_call
    end;
erlang_call(_) -> no_call.

%% To the expression of a tuple {Module, Function, Arguments}; what is piped in is the first argument.
elixir_call({ok, {'|>', _, [First, {Call, Meta, Args}]}}) when is_list(Args) ->
    elixir_call({ok, {Call, Meta, [First | Args]}});
elixir_call({ok, {{'.', _, [M, F]}, _, Args}}) when is_atom(F), is_list(Args) ->
    {'{}', [], [M, F, Args]};
elixir_call(_) -> no_call.

evaluated(Language, Evaluate) ->
    try Evaluate()
    catch Class:Why:Stack -> refused(raised, ["in its arguments: ", exception_line(Language, Class, Why, Stack)])
    end.

%% What came of it, for a person.

outcome_text(Language, {raised, Class, Why, Stack}, _) -> {exception, exception_text(Language, Class, Why, Stack)};
outcome_text(Language, {returned, Value}, Full) -> {value, value_text(Language, Value, Full)}.

value_text(Language, Value, Full) ->
    Chars = case Full of true -> ?FULL_CHARS; false -> ?SHORT_CHARS end,
    Text = try language_text(Language, Value, Full, Chars)
           catch _:_ -> io_lib:format("~tp", [Value], [{chars_limit, Chars}])
           end,
    chars(Text, Chars).

language_text(erlang, Value, _, Chars) -> io_lib:format("~tp", [Value], [{chars_limit, Chars}]);
language_text(elixir, Value, true, _) -> inspected(Value, infinity, infinity);
language_text(elixir, Value, false, Chars) -> inspected(Value, 30, Chars).

inspected(Value, Limit, Chars) ->
    'Elixir.Kernel':inspect(Value, [{pretty, true}, {limit, Limit}, {printable_limit, Chars}]).

exception_text(Language, Class, Why, Stack0) ->
    Stack = [Frame || Frame <- Stack0, not is_agent(element(1, Frame))],
    Text = try
               case Language of
                   erlang -> erl_error:format_exception(Class, Why, Stack);
                   elixir -> 'Elixir.Exception':format(Class, Why, Stack)
               end
           catch _:_ -> io_lib:format("~tp: ~tp", [Class, Why], [{chars_limit, ?SHORT_CHARS}])
           end,
    chars(Text, 4 * ?SHORT_CHARS).

exception_line(Language, Class, Why, Stack) ->
    hd(binary:split(exception_text(Language, Class, Why, Stack), <<"\n">>)).

chars(Text, Max) ->
    case unicode:characters_to_binary(Text) of
        Binary when is_binary(Binary), byte_size(Binary) =< Max -> Binary;
        Binary when is_binary(Binary) -> <<(unicode:characters_to_binary(string:slice(Binary, 0, Max)))/binary, " ...">>;
        _ -> <<"(no text)">>
    end.

tell_pieces(Client, Kind, Text) when byte_size(Text) > ?ANSWER_BYTES ->
    tell_piece(Client, Kind, binary:part(Text, 0, ?ANSWER_BYTES), 500),
    tell_pieces(Client, Kind, rest(Text, ?ANSWER_BYTES));
tell_pieces(Client, Kind, Text) ->
    tell_piece(Client, Kind, Text, 500).

%% The connection may be busy for a moment.
tell_piece(_, _, _, 0) -> gone;
tell_piece(Client, Kind, Text, Tries) ->
    case tell(Client, {flambeau, answer, Kind, Text}) of
        nosuspend ->
            receive after 20 -> ok end,
            tell_piece(Client, Kind, Text, Tries - 1);
        _ -> ok
    end.
