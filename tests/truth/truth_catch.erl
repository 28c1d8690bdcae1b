%% Exceptions: the frames between the raise and the catch are gone at that instant.
-module(truth_catch).
-compile(nowarn_deprecated_catch).

-export([thrown/0, caught/0, failed/0, unmatched/0, again/0, hidden_callee/0, truth/1]).

thrown() ->
    try [one(throw)] catch throw:ball -> ok end,
    afterwards(),
    done.

caught() ->
    {'EXIT', _} = (catch [one(exit)]),
    afterwards(),
    done.

failed() ->
    try [one(error)] catch error:ball -> ok end,
    afterwards(),
    done.

%% Raised by the VM, not by a function.
unmatched() ->
    try [one(badmatch)] catch error:{badmatch, _} -> ok end,
    afterwards(),
    done.

%% Caught half way, and raised again from there.
again() ->
    try [halfway()] catch throw:ball -> ok end,
    afterwards(),
    done.

halfway() ->
    try [two(throw)]
    catch Class:Reason:Stack ->
            truth:burn(halfway, 150),
            erlang:raise(Class, Reason, Stack)
    end.

%% hidden/0 is not traced.
hidden_callee() ->
    try [hidden()] catch throw:ball -> ok end,
    afterwards(),
    done.

hidden() -> [three(throw)].

one(How) -> [two(How)].
two(How) -> [three(How)].

three(How) ->
    truth:burn(before, 150),
    [raise(How)].

raise(throw) -> throw(ball);
raise(exit) -> exit(ball);
raise(error) -> error(ball);
raise(badmatch) -> ok = truth:same(ball).

afterwards() ->
    truth:burn(afterwards, 200),
    ok.

truth(thrown) -> through("thrown/0", ["erlang:throw/1"]);
truth(caught) -> through("caught/0", ["erlang:exit/1"]);
truth(failed) -> through("failed/0", ["erlang:error/1"]);
truth(unmatched) -> through("unmatched/0", []);
truth(again) ->
    [{"again/0", 1},
     {"again/0;halfway/0", 1}, % erlang:raise/3 is an instruction where the stack is the one just caught
     {"again/0;halfway/0;two/1", 1},
     {"again/0;halfway/0;two/1;three/1", 1}, {"again/0;halfway/0;two/1;three/1", before},
     {"again/0;halfway/0;two/1;three/1;raise/1", 1}, {"again/0;halfway/0;two/1;three/1;raise/1;erlang:throw/1", 1},
     {"again/0;afterwards/0", 1}, {"again/0;afterwards/0", afterwards}];
truth(hidden_callee) ->
    [{"hidden_callee/0", 1},
     {"hidden_callee/0;hidden/0;three/1", 1}, {"hidden_callee/0;hidden/0;three/1", before},
     {"hidden_callee/0;hidden/0;three/1;raise/1", 1}, {"hidden_callee/0;hidden/0;three/1;raise/1;erlang:throw/1", 1},
     {"hidden_callee/0;afterwards/0", 1}, {"hidden_callee/0;afterwards/0", afterwards}].

through(Catcher, Raised) ->
    Three = Catcher ++ ";one/1;two/1;three/1",
    [{Catcher, 1}, {Catcher ++ ";one/1", 1}, {Catcher ++ ";one/1;two/1", 1},
     {Three, 1}, {Three, before}, {Three ++ ";raise/1", 1}]
        ++ [{Three ++ ";raise/1;" ++ Function, 1} || Function <- Raised]
        ++ [{Catcher ++ ";afterwards/0", 1}, {Catcher ++ ";afterwards/0", afterwards}].
