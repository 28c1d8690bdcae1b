%% Checks a basket out: stock, price, payment, receipt.
-module(shop_cart).
-behaviour(gen_server).

-export([start_link/0, checkout/1]).
-export([init/1, handle_call/3, handle_cast/2]).

-define(PAYMENT_MS, 3).
-define(RECEIPTS_KEPT, 20).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

checkout(Articles) ->
    gen_server:call(?MODULE, {checkout, Articles}).

init([]) ->
    {ok, []}.

handle_call({checkout, Wanted}, _From, Receipts) ->
    Articles = shop_stock:take(Wanted),
    Total = shop_price:total(Articles),
    pay(Total),
    Receipt = shop_receipt:make(Articles, Total),
    {reply, {ok, Total}, lists:sublist([Receipt | Receipts], ?RECEIPTS_KEPT)}.

handle_cast(_Message, Receipts) ->
    {noreply, Receipts}.

%% The bank is far away.
pay(_Total) ->
    timer:sleep(?PAYMENT_MS).
