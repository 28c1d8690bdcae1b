-module(shop_sup).
-behaviour(supervisor).

-export([start_link/0, init/1]).

start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

init([]) ->
    Modules = [shop_stock, shop_price, shop_cart, shop_dense, shop_client],
    {ok, {#{strategy => one_for_one}, [#{id => M, start => {M, start_link, []}} || M <- Modules]}}.
