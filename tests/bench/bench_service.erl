%% The node's side of service_bench.py: eight servers under a supervisor, each request a few hundred calls of ordinary work, and who asks them:
%% at a fixed rate whatever they do (open), or each client as soon as it has its answer (closed).
-module(bench_service).

-export([start/0, open/1, closed/0, quiet/0, waiting/0, now_ns/0, window/2]).
-export([init/1, handle_call/3, handle_cast/2]). % of the supervisor, and of its servers

-define(SERVERS, 8).
-define(KEPT_NS, 60000000000).

start() ->
    Starter = self(),
    spawn(fun() ->
                  {ok, _} = supervisor:start_link({local, bench_service_sup}, ?MODULE, supervisor),
                  register(bench_answers, spawn_opt(fun() -> answers([]) end, [{priority, high}, {message_queue_data, off_heap}])),
                  Starter ! started,
                  receive never -> ok end
          end),
    receive started -> true end.

init(supervisor) ->
    {ok, {#{}, [#{id => N, start => {gen_server, start_link, [{local, server(N)}, ?MODULE, server, []]}} || N <- lists:seq(1, ?SERVERS)]}};
init(server) ->
    {ok, #{sessions => #{}, page => iolist_to_binary([io_lib:format("<p>line ~b of the page</p>~n", [N]) || N <- lists:seq(1, 100)]),
           items => maps:from_list([{integer_to_binary(N), N * 7919 rem 1009} || N <- lists:seq(1, 300)])}}.

server(N) -> list_to_atom("bench_server_" ++ integer_to_list(N)).

handle_call({request, Request}, _, State) ->
    {Answer, Next} = serve(Request, State),
    {reply, Answer, Next}.

handle_cast({request, Due, Request}, State) ->
    {_, Next} = serve(Request, State),
    bench_answers ! {answered, Due, now_ns()},
    {noreply, Next}.

%%% What a request is: a query, looked up, added up, written as an answer -------------------------------------

request(N) -> iolist_to_binary([["id=", integer_to_list(N), $&] | [["item", $=, integer_to_list(1 + N * K rem 300), $&] || K <- lists:seq(3, 14)]]).

serve(Request, State = #{sessions := Sessions, items := Items, page := Page}) ->
    [{<<"id">>, Id} | Query] = parse(Request),
    Lines = [{Item, maps:get(Item, Items, 0)} || {<<"item">>, Item} <- Query],
    Total = lists:foldl(fun({_, Price}, Sum) -> Sum + discounted(Price) end, 0, Lines),
    Session = maps:update_with(binary_to_integer(Id) rem 50, fun(Count) -> Count + 1 end, 1, Sessions),
    Body = [[escaped(Item), ": ", integer_to_list(Price), $\n] || {Item, Price} <- lists:keysort(2, Lines)],
    Text = iolist_to_binary([Body, io_lib:format("total ~b, ~s~n", [Total, erlang:md5(term_to_binary(Lines))])]),
    {zlib:gzip([Page, Text]), State#{sessions := Session}}.

parse(Request) ->
    [begin [Key, Value] = binary:split(Pair, <<"=">>), {Key, Value} end || Pair <- binary:split(Request, <<"&">>, [global]), Pair =/= <<>>].

discounted(Price) when Price > 500 -> Price * 9 div 10;
discounted(Price) -> Price.

escaped(Text) -> string:replace(Text, <<"&">>, <<"&amp;">>, all).

%%% Load ----------------------------------------------------------------------------------------------------

quiet() ->
    [begin
         Ref = monitor(process, Name),
         exit(whereis(Name), kill),
         receive {'DOWN', Ref, process, _, _} -> ok end
     end || Name <- registered(), lists:prefix("bench_client", atom_to_list(Name))],
    true.

%% Requests that no server has begun with.
waiting() ->
    lists:sum([Length || N <- lists:seq(1, ?SERVERS), {message_queue_len, Length} <- [process_info(whereis(server(N)), message_queue_len)]]).

%% So many requests a second, each to the next server. What it could not send in time it sends at once, with the time it was due.
open(Rate) ->
    register(bench_client, spawn_opt(fun() -> open(Rate, now_ns(), 0, requests()) end, [{priority, high}])),
    true.

open(Rate, Begin, Sent, Requests) ->
    Due = (now_ns() - Begin) * Rate div 1000000000,
    [gen_server:cast(server(1 + N rem ?SERVERS), {request, Begin + N * 1000000000 div Rate, element(1 + N rem tuple_size(Requests), Requests)})
     || N <- lists:seq(Sent, Due - 1)],
    receive after 1 -> ok end,
    open(Rate, Begin, max(Due, Sent), Requests).

requests() -> list_to_tuple([request(N) || N <- lists:seq(1, 100)]).

closed() ->
    [register(list_to_atom("bench_client_" ++ integer_to_list(N)), spawn(fun() -> closed(server(N), 0, requests()) end))
     || N <- lists:seq(1, ?SERVERS)],
    true.

closed(Server, N, Requests) ->
    Due = now_ns(),
    gen_server:call(Server, {request, element(1 + N rem tuple_size(Requests), Requests)}, infinity),
    bench_answers ! {answered, Due, now_ns()},
    closed(Server, N + 1, Requests).

%%% Answers ---------------------------------------------------------------------------------------------------

now_ns() -> erlang:monotonic_time(nanosecond).

answers(Kept) ->
    receive
        {answered, Due, Done} -> answers([{Due, Done} | Kept]);
        {window, From, Ref, Begin, End} ->
            From ! {Ref, Kept},
            answers([Answer || {Due, _} = Answer <- Kept, Due > End - ?KEPT_NS, Begin =< End])
    end.

%% Of the requests that were due between two times: {Answers given a second, latency's median, its 99th percentile, both in ns}.
window(Begin, End) ->
    Ref = make_ref(),
    bench_answers ! {window, self(), Ref, Begin, End},
    Kept = receive {Ref, All} -> All end,
    Given = length([Done || {_, Done} <- Kept, Done >= Begin, Done < End]),
    Latencies = lists:sort([Done - Due || {Due, Done} <- Kept, Due >= Begin, Due < End]),
    {Given * 1000000000 div (End - Begin), percentile(50, Latencies), percentile(99, Latencies)}.

percentile(_, []) -> 1;
percentile(Percent, Sorted) -> lists:nth(max(1, length(Sorted) * Percent div 100), Sorted).
