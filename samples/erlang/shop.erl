%% A small shop under steady load. Who calls whom, for every basket the client fills:
%%
%%   shop_client -> shop_cart -> shop_stock     an ets table
%%                            -> shop_price     the culprit: quadratic in the number of lines
%%                            -> shop_receipt   binaries and garbage, in the cart's own process
%%                            -> payment        a sleep
-module(shop).
-behaviour(application).

-export([start/0, start/2, stop/1]).

%% For `erl -s shop`.
start() ->
    {ok, _} = application:ensure_all_started(shop, permanent).

start(_Type, _Args) ->
    shop_sup:start_link().

stop(_State) ->
    ok.
