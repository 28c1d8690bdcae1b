%% Tail calls: what calls as its last act is gone from the stack.
-module(truth_tail).

-export([chain/0, loop/0, swap/0, truth/1]).

chain() ->
    a(),
    done.

a() -> truth:burn(in_a, 100), b().
b() -> truth:nap(in_b, 150), c().
c() -> truth:burn(in_c, 200), ok.

loop() ->
    truth:began(rounds),
    turn(1000000),
    truth:ended(rounds),
    truth:nap(rest, 300).

turn(0) -> ok;
turn(N) -> turn(N - 1).

%% Two functions take turns.
swap() ->
    ping(100000),
    done.

ping(0) -> ok;
ping(N) -> pong(N - 1).

pong(0) -> ok;
pong(N) -> ping(N - 1).

truth(chain) ->
    [{"chain/0", 1},
     {"chain/0;a/0", 1}, {"chain/0;a/0", in_a},
     {"chain/0;b/0", 1}, {"chain/0;b/0;[waiting]", in_b},
     {"chain/0;c/0", 1}, {"chain/0;c/0", in_c}];
truth(loop) ->
    [{"loop/0", 1},
     {"loop/0;turn/1", 1000001}, {"loop/0;turn/1", rounds}, {"loop/0;turn/1;[waiting]", none}];
truth(swap) ->
    [{"swap/0", 1},
     {"swap/0;ping/1", 50001},  % 100000, 99998, ... 0
     {"swap/0;pong/1", 50000}]. % 99999, 99997, ... 1
