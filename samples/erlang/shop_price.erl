%% What a basket costs. The culprit of this program: the discount looks at every pair of lines, and reaches each
%% line with lists:nth/2.
-module(shop_price).
-behaviour(gen_server).

-export([start_link/0, total/1]).
-export([init/1, handle_call/3, handle_cast/2]).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

%% In cents.
total(Articles) ->
    gen_server:call(?MODULE, {total, Articles}).

init([]) ->
    {ok, #{}}.

handle_call({total, Articles}, _From, Quoted) ->
    Sum = lists:sum([price(Article) || Article <- Articles]),
    Total = tax(Sum - discount(Articles)),
    {reply, Total, maps:update_with(length(Articles), fun count/1, 1, Quoted)}.

handle_cast(_Message, Quoted) ->
    {noreply, Quoted}.

price(Article) ->
    100 + Article rem 50.

tax(Cents) ->
    Cents * 119 div 100.

count(Before) ->
    Before + 1.

%% One cent for every pair of articles of the same group.
discount(Articles) ->
    Lines = length(Articles),
    discount(Articles, Lines, 1, 2, 0).

discount(_Articles, Lines, I, _J, Cents) when I >= Lines ->
    Cents;
discount(Articles, Lines, I, J, Cents) when J > Lines ->
    discount(Articles, Lines, I + 1, I + 2, Cents);
discount(Articles, Lines, I, J, Cents) ->
    discount(Articles, Lines, I, J + 1, Cents + pair(lists:nth(I, Articles), lists:nth(J, Articles))).

pair(A, B) when A rem 10 =:= B rem 10 ->
    1;
pair(_A, _B) ->
    0.
