%% Loaded when it is first called.
-module(counted_lazy).

-export([value/0]).

value() -> {inner(7)}.

inner(N) -> N.
