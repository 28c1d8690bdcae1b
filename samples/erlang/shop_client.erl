%% Steady load: a basket every few milliseconds, always the same sequence of baskets.
-module(shop_client).

-export([start_link/0, init/0]).

-define(PAUSE_MS, 10).
-define(LINES, 25).

start_link() ->
    proc_lib:start_link(?MODULE, init, []).

init() ->
    register(?MODULE, self()),
    proc_lib:init_ack({ok, self()}),
    loop(1).

loop(Basket) ->
    {ok, _Total} = shop_cart:checkout(basket(Basket)),
    timer:sleep(?PAUSE_MS),
    loop(Basket + 1).

basket(Basket) ->
    [1 + (Basket * 7 + Line * 13) rem shop_stock:articles() || Line <- lists:seq(1, ?LINES)].
