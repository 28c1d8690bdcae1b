%% What calls_bench.py has a node do: work of two kinds, and how long calls of it take for the process that makes them.
-module(bench_calls).

-export([start/0, works/2, calls/2, held/2, never/0]).
-export([dense/0, request/0, takes/1, gives/0]).

-define(DEPTH, 18).
-define(PAUSE_MS, 40). % between two calls, so that each is captured

%% The process that works/2 and calls/2 measure, so that it can be named.
start() ->
    register(?MODULE, spawn(fun serve/0)),
    true.

serve() ->
    receive
        {From, Do} ->
            From ! {self(), Do()},
            serve()
    end.

ask(Pid, Do) ->
    Pid ! {self(), Do},
    receive {Pid, Answer} -> Answer end.

%% The median of as many rounds without a pause, in ns.
works(Work, Rounds) ->
    ask(whereis(?MODULE), fun() -> median([timed(fun() -> rounds(Work, 10) end) || _ <- lists:seq(1, Rounds)]) div 10 end).

rounds(_, 0) -> ok;
rounds(Work, N) ->
    do(Work),
    rounds(Work, N - 1).

%% The same of calls with a pause before each.
calls(Work, Calls) ->
    ask(whereis(?MODULE), fun() -> median([begin timer:sleep(?PAUSE_MS), timed(fun() -> do(Work) end) end
                                           || _ <- lists:seq(1, Calls)]) end).

%% Functions of this module by name, because a call that nobody intercepts must cost the same in each case.
do(dense) -> ?MODULE:dense(), ok;
do(request) -> ?MODULE:request(), ok.

%% How long one call is for its process, in ns, that takes a list of so many bytes, or gives one.
held(How, Bytes) ->
    {Pid, _} = spawn_monitor(fun() ->
                                     Term = lists:seq(1, Bytes div 16),
                                     put(given, Term),
                                     erlang:garbage_collect(),
                                     timer:sleep(?PAUSE_MS),
                                     exit({held, timed(case How of
                                                           takes -> fun() -> ?MODULE:takes(Term), ok end;
                                                           gives -> fun() -> ?MODULE:gives(), ok end
                                                       end)})
                             end),
    receive {'DOWN', _, process, Pid, {held, Ns}} -> Ns end.

never() -> ok.

takes(Term) -> Term =:= [].

gives() -> get(given).

%% Tiny functions as fast as they go: the worst case for a tracer.
dense() -> fib(?DEPTH).

fib(N) when N < 2 -> one(N);
fib(N) -> add(fib(N - 1), fib(N - 2)).

one(_) -> 1.

add(A, B) -> A + B.

%% What a service does for a request, more or less: terms, text, a table, bytes.
request() ->
    Lines = [{N, integer_to_binary(N * 7919 rem 1009)} || N <- lists:seq(1, 200)],
    Sorted = lists:keysort(2, Lines),
    Text = iolist_to_binary(lists:join(<<", ">>, [Name || {_, Name} <- Sorted])),
    Parts = binary:split(Text, <<", ">>, [global]),
    Same = binary_to_term(term_to_binary({Parts, Text}), [safe]),
    {erlang:crc32(zlib:compress(Text)), erlang:phash2(Same), maps:size(maps:from_list(Lines))}.

timed(Do) ->
    Begin = erlang:monotonic_time(nanosecond),
    Do(),
    erlang:monotonic_time(nanosecond) - Begin.

median(Values) -> lists:nth(length(Values) div 2 + 1, lists:sort(Values)).
