%% Code that is replaced while it is traced.
-module(truth_code).

-export([reloads/0, truth/1]).

-define(WORKER, truth_code_worker).

reloads() ->
    Self = self(),
    load(Self, "step() -> first(), done. first() -> ok."),
    steps(1000),
    load(Self, "step() -> second(), done. second() -> ok."),
    steps(1000),
    truth:nap(rest, 100).

steps(0) -> ok;
steps(N) -> ?WORKER:step(), steps(N - 1).

%% Done by a process that is not traced; ready when the new code is.
load(Self, Body) ->
    spawn(fun() ->
                  Forms = [form("-module(" ++ atom_to_list(?WORKER) ++ ")."), form("-export([step/0]).") |
                           [form(string:trim(F) ++ ".") || F <- string:lexemes(Body, ".")]],
                  {ok, ?WORKER, Code} = compile:forms(Forms),
                  {module, ?WORKER} = code:load_binary(?WORKER, "", Code),
                  await_traced(),
                  Self ! loaded
          end),
    receive loaded -> ok end.

form(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, Form} = erl_parse:parse_form(Tokens),
    Form.

await_traced() ->
    witness:is_traced({?WORKER, step, 0}) orelse begin timer:sleep(20), await_traced() end.

truth(reloads) ->
    [{"reloads/0", 1}, {"reloads/0;load/2", 2}, {"reloads/0;load/2;erlang:spawn/1", 2},
     {"reloads/0;steps/1", 2002},
     {"reloads/0;steps/1;truth_code_worker:step/0", 2000},
     {"reloads/0;steps/1;truth_code_worker:step/0;truth_code_worker:first/0", 1000},
     {"reloads/0;steps/1;truth_code_worker:step/0;truth_code_worker:second/0", 1000}].
