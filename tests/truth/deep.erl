%% Body recursion: as deep as it really is. Names are short because a stack of up to 10,000 frames is written 10,000
%% times.
-module(deep).

-export([body/0, mutual/0, attached/0, unwinds/0, truth/1]).

-define(DEPTH, 10000).
-define(ATTACHED_DEPTH, 300). % 150 pairs

body() ->
    d(?DEPTH),
    done.

d(0) -> truth:nap(bottom, 200), 0;
d(N) -> 1 + d(N - 1).

mutual() ->
    e(?DEPTH),
    done.

e(0) -> truth:nap(bottom, 200), 0;
e(N) -> 1 + o(N - 1).

o(N) -> 1 + e(N - 1).

%% Traced only when it is at the bottom; the trace ends before it does.
attached() ->
    left(?ATTACHED_DEPTH),
    stay(),
    done.

left(0) -> bottom();
left(N) -> right(N - 1), climbed(N).

right(N) -> left(N - 1), climbed(N).

bottom() ->
    truth:tell(ready, 1),
    receive go -> ok end,
    work(),
    done.

climbed(_) -> ok.

stay() ->
    work(),
    receive never -> ok end.

work() -> truth:burn(work, 200), ok.

%% The same with a function that calls itself.
unwinds() ->
    same(?ATTACHED_DEPTH),
    stay(),
    done.

same(0) -> bottom();
same(N) -> same(N - 1), climbed(N).

truth(body) ->
    [{"body/0", 1}, {"body/0;" ++ truth:times("d/1", ?DEPTH + 1) ++ ";[waiting]", bottom} |
     [{"body/0;" ++ truth:times("d/1", Depth), 1} || Depth <- lists:seq(1, ?DEPTH + 1)]];
truth(mutual) ->
    %% e(10000) is the first, e(0) the last of 10001.
    [{"mutual/0", 1}, {"mutual/0;" ++ truth:times("e/1+o/1", ?DEPTH div 2) ++ ";e/1;[waiting]", bottom}]
        ++ [{"mutual/0;" ++ truth:times("e/1+o/1", Pairs), 1} || Pairs <- lists:seq(1, ?DEPTH div 2)]
        ++ [{"mutual/0;" ++ truth:times("e/1+o/1", Pairs) ++ ";e/1", 1} || Pairs <- lists:seq(0, ?DEPTH div 2)];
truth(attached) ->
    %% What was called before the trace has no calls in it. climbed(N) takes the place of left(N) or right(N), which was
    %% called from the one for N + 1, or from attached/0.
    [{"attached/0;left/1+right/1 x 150;bottom/0;[waiting]", some},
     {"attached/0;left/1+right/1 x 150;bottom/0;work/0", 1},
     {"attached/0;stay/0", 1}, {"attached/0;stay/0;[waiting]", some}, {"attached/0;stay/0;work/0", 1}]
        ++ [{"attached/0;" ++ truth:times("left/1+right/1", Pairs) ++ ";climbed/1", 1} || Pairs <- lists:seq(0, 149)]
        ++ [{"attached/0;" ++ truth:times("left/1+right/1", Pairs) ++ ";left/1;climbed/1", 1} ||
               Pairs <- lists:seq(0, 149)];
truth(unwinds) ->
    [{"unwinds/0;" ++ truth:times("same/1", Depth) ++ ";climbed/1", 1} || Depth <- lists:seq(0, ?ATTACHED_DEPTH - 1)].
