%% Many busy processes under one supervisor. Each makes the same calls, so many in a round and a given number of rounds, and
%% then stays; or ends, when its number is below the one given.
%%
%%   one round      work/1 eleven times, step/1, shared/1 and lists:reverse/2, a BIF, ten times
%%
%% They wait to be told to begin, and are told when all of them are traced.
-module(crowd).

-export([start/1, go/2, done/0, relays/0, init/1, member/1, loop/1, work/1, step/1, shared/1]).

%% Under a process registered as `crowd`.
start(Count) ->
    Caller = self(),
    spawn(fun() ->
                  {ok, Supervisor} = supervisor:start_link({local, crowd}, ?MODULE, Count),
                  unlink(Supervisor),
                  Caller ! {started, Supervisor},
                  receive stop -> ok end
          end),
    receive {started, _} -> length(members()) after 20000 -> 0 end.

init(Count) ->
    {ok, {#{intensity => 0}, [#{id => N, start => {proc_lib, start_link, [?MODULE, member, [N]]}, restart => temporary} ||
                                 N <- lists:seq(1, Count)]}}.

members() -> [Pid || {_, Pid, _, _} <- supervisor:which_children(crowd), is_pid(Pid)].

%% So many rounds each; the first `Ending` end when they have made theirs.
go(Rounds, Ending) ->
    [Pid ! {go, Rounds} || Pid <- members()],
    [Pid ! leave || Pid <- lists:sublist(lists:reverse(members()), Ending)],
    ok.

%% How many wait, all their rounds made.
done() -> length([Pid || Pid <- members(), {_, {_, loop, _}} <- [process_info(Pid, current_function)],
                         {_, 0} <- [process_info(Pid, message_queue_len)]]).

%% The agent's relays on this node.
relays() -> length([Pid || Pid <- processes(), {_, {M, F, _}} <- [process_info(Pid, current_function)],
                           lists:prefix("flambeau_agent_", atom_to_list(M)), lists:member(F, [loop, drain])]).

member(N) ->
    proc_lib:init_ack({ok, self()}),
    ?MODULE:loop(N).

loop(N) ->
    receive
        {go, Rounds} -> rounds(Rounds), ?MODULE:loop(N);
        {spawn, Rounds} -> spawn(fun() -> rounds(Rounds) end), ?MODULE:loop(N);
        leave -> ok
    end.

rounds(0) -> ok;
rounds(Left) ->
    ?MODULE:work(10),
    rounds(Left - 1).

work(0) -> ok;
work(Left) ->
    [_, _, _] = ?MODULE:step(Left),
    ?MODULE:work(Left - 1).

step(Left) -> lists:reverse(?MODULE:shared(Left)).

shared(Left) -> [Left, a, b].
