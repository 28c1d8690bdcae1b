%% How many of each article are left, in an ets table that only this process writes.
-module(shop_stock).
-behaviour(gen_server).

-export([start_link/0, take/1, articles/0]).
-export([init/1, handle_call/3, handle_cast/2]).

-define(ARTICLES, 200).
-define(PER_ARTICLE, 1000).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

%% Takes one of each article; answers those that were there, restocking what ran out.
take(Articles) ->
    gen_server:call(?MODULE, {take, Articles}).

articles() ->
    ?ARTICLES.

init([]) ->
    Table = ets:new(?MODULE, [set, protected]),
    [restock(Table, Article) || Article <- lists:seq(1, ?ARTICLES)],
    {ok, Table}.

handle_call({take, Articles}, _From, Table) ->
    {reply, [Article || Article <- Articles, take_one(Table, Article)], Table}.

handle_cast(_Message, Table) ->
    {noreply, Table}.

take_one(Table, Article) ->
    case ets:lookup(Table, Article) of
        [{Article, 0}] ->
            restock(Table, Article),
            false;
        [{Article, _Left}] ->
            ets:update_counter(Table, Article, -1),
            true;
        [] ->
            false
    end.

restock(Table, Article) ->
    ets:insert(Table, {Article, ?PER_ARTICLE}).
