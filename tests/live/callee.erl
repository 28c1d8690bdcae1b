%% Functions that call a known number of others: beside each is what one call of it makes. test_calls.py has the tables, and
%% sends them to processes here.
-module(callee).

-export([start/0, makes/2, load/1, unload/0, served/0, latencies/2, f/1, times/2, even/1, ping/1, pong/1, last/1, a/0, a/1, a/2,
         raises/1, quits/0, sleeps/1, sleeps_after/2, spins/1, body/1, through/1, via/1, chain/1, parent/1, child/1, with_terms/1, opens/1,
         looks_up/1, reads/0, maps/1, calls_local/1, calls_other/1, hands/2, deep/2, traps/0, busy/1, prints/0, kill_me/0, floods/0,
         dies_of_link/0, group/0, value/1, hostile/1, boom/1, both/2, exits/1, forever/0, unlucky/1, names_carrier/0, again/3, tries/1, hibernates/0, wakes/0, calls_on/2, keeps/2]).

-define(CALLERS, [callee_1, callee_2, callee_3, callee_4]).

start() ->
    {module, timer} = code:ensure_loaded(timer), % not within a captured call
    ets:new(callee, [named_table, public]),
    ets:insert(callee, {key, 7}),
    register(callee_served, spawn(?MODULE, served, [])),
    receive stop -> ok end.

%% In a process of its own, which lives on for a while: what it does besides is nobody's business.
makes(F, Args) ->
    spawn(fun() ->
                  catch apply(?MODULE, F, Args),
                  other_work(),
                  timer:sleep(100)
          end).

%% Four processes that call f, and other things between its calls.
load(N) ->
    [register(Name, spawn(fun() -> caller(N) end)) || Name <- ?CALLERS],
    ok.

unload() ->
    [exit(whereis(Name), kill) || Name <- ?CALLERS, is_pid(whereis(Name))],
    ok.

caller(N) ->
    other_work(),
    f(N),
    other_work(),
    timer:sleep(3),
    caller(N).

other_work() -> lists:sum(lists:seq(1, 300)).

%% A request takes a few microseconds; it calls nothing that is captured.
served() ->
    receive
        {From, Request} -> From ! {answer, Request, lists:sum(lists:seq(1, Request))}
    end,
    served().

%% Nanoseconds of each of so many requests.
latencies(0, _) -> [];
latencies(Count, Request) ->
    Begin = erlang:monotonic_time(nanosecond),
    callee_served ! {self(), Request},
    receive {answer, Request, _} -> ok end,
    [erlang:monotonic_time(nanosecond) - Begin | latencies(Count - 1, Request)].

%% times/2 N + 1 times, g/1 N times, h/0 once.
f(N) ->
    Sum = times(N, 0),
    Sum + h().

times(0, Sum) -> Sum;
times(N, Sum) -> times(N - 1, Sum + g(N)).

g(N) -> N * 2.

%% timer:sleep/1 once.
h() ->
    timer:sleep(1),
    1.

%% Each calls the other last, N + 1 calls in all; one frame.
even(0) -> true;
even(N) -> odd(N - 1).

odd(0) -> false;
odd(N) -> even(N - 1).

%% Each calls the other, N + 1 calls in all; a frame each.
ping(0) -> 0;
ping(N) -> 1 + pong(N - 1).

pong(0) -> 0;
pong(N) -> 1 + ping(N - 1).

%% g/1 once, and then as its last act f(3).
last(N) ->
    _ = g(N),
    f(3).

a() -> a(1) + 1.
a(X) -> a(X, 2) + 1.
a(X, Y) -> g(X + Y) + 1.

%% g/1 N times, and throws.
raises(N) ->
    times(N, 0),
    _ = throw({raised, N}),
    ok.

%% The innermost of N + 1 calls raises; the outermost but one catches.
tries(0) -> error(innermost);
tries(1) -> tries(0) + 1;
tries(2) -> try tries(1) catch error:innermost -> 0 end;
tries(N) -> tries(N - 1) + g(N).

%% Its stack is gone from there on: it does not return.
hibernates() ->
    _ = g(1),
    erlang:hibernate(?MODULE, wakes, []).

wakes() -> receive stop -> ok end.

quits() ->
    _ = g(1),
    exit(normal).

%% timer:sleep/1 once.
sleeps(Ms) ->
    timer:sleep(Ms),
    Ms.

%% One slow call of sleeps/1 after some fast ones, for ever.
sleeps_after(Fast, Slow) ->
    [sleeps(1) || _ <- lists:seq(1, Fast)],
    sleeps(Slow),
    sleeps_after(Fast, Slow).

%% Never returns: calls itself last, and g/1 each time.
spins(N) -> spins(N + g(N)).

%% N + 1 frames.
body(0) -> 0;
body(N) -> 1 + body(N - 1).

%% via/1 N times, g/1 N + 1 times; through/1 N + 1 times.
through(0) -> 1 + g(0);
through(N) -> g(N) + via(N - 1).

via(N) -> 1 + through(N).

%% The same in a loop, of one process; nothing between the calls.
chain(N) ->
    through(N),
    chain(N).

%% Any of these functions, again and again without a pause; or whenever it is told to.
calls_on(F, Args) ->
    apply(?MODULE, F, Args),
    calls_on(F, Args).

keeps(F, Args) ->
    apply(?MODULE, F, Args),
    receive again -> keeps(F, Args) end.

%% A child that calls f(2), and waits for it.
parent(N) ->
    {_, Monitor} = spawn_monitor(?MODULE, child, [N]),
    receive {'DOWN', Monitor, _, _, _} -> ok end.

child(N) -> f(N).

%% erlang:byte_size is a guard: nothing is called but g/1.
with_terms(Term) ->
    _ = g(1),
    Term.

%% Processes, one after the other, that make one call each and end.
opens(0) -> ok;
opens(N) ->
    {_, Monitor} = spawn_monitor(fun() -> f(2) end),
    receive {'DOWN', Monitor, _, _, _} -> ok end,
    opens(N - 1).

looks_up(Key) ->
    [{Key, Value}] = ets:lookup(callee, Key),
    Value.

reads() -> prim_file:get_cwd().

%% The fun N times.
maps(N) ->
    each(fun(X) -> g(X) end, lists:seq(1, N)).

each(_, []) -> [];
each(F, [X | Rest]) -> [F(X) | each(F, Rest)].

%% hidden/1 twice.
calls_local(X) -> hidden(X) + hidden(X + 1).

hidden(X) -> g(X) + 1.

calls_other(X) -> lists:reverse(both(X, X)).

hands(F, Args) -> apply(?MODULE, F, Args).

%% A recursion that takes its time, all the way.
deep(0, _) -> 0;
deep(N, Ms) ->
    timer:sleep(Ms),
    1 + deep(N - 1, Ms).

%% Calls it a hundred times a second.
again(M, F, Args) ->
    timer:sleep(10),
    _ = (catch apply(M, F, Args)),
    again(M, F, Args).

%% Registers the process that carries the next hidden node's connection.
names_carrier() ->
    spawn(fun() ->
                  ok = net_kernel:monitor_nodes(true, [{node_type, hidden}]),
                  receive {nodeup, Node, _} -> ok end,
                  [Connection] = ets:lookup(sys_dist, Node),
                  [Carrier | _] = [P || P <- tuple_to_list(Connection), is_pid(P), P =/= whereis(net_kernel)],
                  register(callee_carrier, Carrier)
          end),
    ok.

%% For `run`.

value(X) -> {value, X}.

both(X, Y) -> [g(X), g(Y)].

boom(Why) -> erlang:error(Why).

exits(Why) -> exit(Why).

kill_me() -> exit(self(), kill), timer:sleep(1000).

forever() -> receive never -> ok end.

prints() -> io:format("callee was here~n"), printed.

traps() ->
    process_flag(trap_exit, true),
    spawn_link(fun() -> exit(gone) end),
    receive {'EXIT', _, gone} -> trapped end.

group() ->
    group_leader(whereis(init), self()),
    grouped.

floods() ->
    [self() ! {message, N} || N <- lists:seq(1, 1000)],
    flooded.

dies_of_link() ->
    spawn_link(fun() -> exit(of_link) end),
    timer:sleep(5000).

%% Now and then an exception.
unlucky(N) -> 10 div N.

busy(Ms) ->
    End = erlang:monotonic_time(millisecond) + Ms,
    busy_until(End).

busy_until(End) ->
    case erlang:monotonic_time(millisecond) < End of
        true -> busy_until(End);
        false -> done
    end.

hostile(escape) -> list_to_binary([27, "[31mred", 0, 7, 13]);
hostile(invalid) -> <<255, 254, "x", 195>>;
hostile(huge) -> lists:duplicate(1000000, 12345678);
hostile(string) -> binary_to_list(hostile(escape));
hostile(atom) -> '\e[31m';
hostile(improper) -> [1 | 2];
hostile(wide) -> [955, 8238, 128512].
