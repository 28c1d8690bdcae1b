%% What a basket costs, in cents.
-module(basket).

-export([total/1]).

total(Lines) ->
    {ok, Prices} = application:get_env(basket, prices),
    tax(lists:sum([line(Line, Prices) || Line <- Lines])).

line({Article, Count}, Prices) ->
    Count * price(Article, Prices).

price(Article, Prices) ->
    maps:get(Article, Prices).

tax(Cents) ->
    Cents * 119 div 100.
