%% What happens to processes, and between them.
-module(truth_process).

-export([family/0, hibernates/0, suspended/0, killed/0, quits/0, talks/0, shared/0, truth/1]).
-export([ends/0, crashes/0, sleeps/0, sleepy/0, awake/0, server/0]).

%% Children of every fate.
family() ->
    truth:began(family),
    {Ends, _} = spawn_monitor(?MODULE, ends, []),
    await(Ends),
    {Crashes, _} = spawn_monitor(?MODULE, crashes, []),
    await(Crashes),
    truth:began(life),
    {Sleeps, _} = spawn_monitor(?MODULE, sleeps, []),
    timer:sleep(200),
    exit(Sleeps, kill),
    await(Sleeps),
    truth:ended(life),
    {Fun, _} = spawn_monitor(fun() -> truth:nap(of_fun, 150), ok end),
    await(Fun),
    truth:ended(family).

await(Pid) -> receive {'DOWN', _, _, Pid, _} -> ok end.

ends() -> truth:nap(of_ends, 150), truth:burn(of_ends, 100), ok.

crashes() -> truth:burn(of_crashes, 150), error(on_purpose).

sleeps() -> receive never -> ok end.

%% Hibernation forgets the stack.
hibernates() ->
    {Sleepy, _} = spawn_monitor(?MODULE, sleepy, []),
    timer:sleep(300),
    Sleepy ! wake,
    await(Sleepy),
    done.

sleepy() ->
    truth:began(hibernated),
    erlang:hibernate(?MODULE, awake, []).

awake() ->
    truth:ended(hibernated),
    receive wake -> ok end,
    truth:burn(of_awake, 100),
    done.

%% Somebody else holds it for a while.
suspended() ->
    Self = self(),
    spawn(fun() ->
                  timer:sleep(150),
                  erlang:suspend_process(Self),
                  truth:nap(held, 600),
                  erlang:resume_process(Self)
          end),
    work(),
    done.

work() -> truth:burn(work, 900), ok.

killed() ->
    Self = self(),
    spawn(fun() -> truth:nap(life, 400), exit(Self, kill) end),
    sleeps(),
    done.

quits() ->
    leave(),
    done.

leave() ->
    truth:nap(before, 200),
    truth:same(true) andalso exit(on_purpose).

%% Each waits while the other works: two stacks.
talks() ->
    Server = spawn(?MODULE, server, []),
    ask(Server, 5),
    Server ! stop,
    done.

ask(_, 0) -> ok;
ask(Server, N) ->
    truth:began(asked),
    Server ! {self(), N},
    receive {Server, N} -> truth:ended(asked) end,
    truth:burn(thought, 30),
    ask(Server, N - 1).

server() ->
    receive
        {Asker, N} -> answer(), Asker ! {self(), N}, server();
        stop -> ok
    end.

answer() -> truth:burn(answered, 40), ok.

%% On a node with one scheduler, which somebody else wants, too.
shared() ->
    compete(),
    truth:burn(alone, 300).

compete() -> truth:compete(away, 1500), ok.

truth(family) ->
    [{"family/0", 1}, {"family/0;erlang:spawn_monitor/3", 3}, {"family/0;erlang:spawn_monitor/1", 1},
     {"family/0;timer:sleep/1", 1}, {"family/0;erlang:exit/2", 1}, {"family/0;await/1", 4}, {"family/0", family},
     {"ends/0", 1}, {"ends/0", of_ends},
     {"crashes/0", 1}, {"crashes/0;erlang:error/1", 1}, {"crashes/0", of_crashes},
     {"sleeps/0", 1}, {"sleeps/0;[waiting]", life},
     {"family/0-fun-0", 1}, {"family/0-fun-0;[waiting]", of_fun},
     {"@family/0;erlang:spawn_monitor/3;ends/0", 1}, {"@family/0;erlang:spawn_monitor/3;ends/0", of_ends},
     {"@family/0;erlang:spawn_monitor/3;crashes/0", 1}, {"@family/0;erlang:spawn_monitor/3;crashes/0", of_crashes},
     {"@family/0;erlang:spawn_monitor/3;sleeps/0", 1}, {"@family/0;erlang:spawn_monitor/3;sleeps/0;[waiting]", life},
     {"@family/0;erlang:spawn_monitor/1;family/0-fun-0", 1}, {"@family/0;await/1", 4}];
truth(hibernates) ->
    %% A BIF since OTP 28, and an instruction before.
    Asleep = case list_to_integer(erlang:system_info(otp_release)) >= 28 of
                 true -> "sleepy/0;erlang:hibernate/3";
                 false -> "sleepy/0"
             end,
    [{"hibernates/0", 1}, {"hibernates/0;erlang:spawn_monitor/3", 1}, {"hibernates/0;timer:sleep/1", 1},
     {"hibernates/0;await/1", 1},
     {"sleepy/0", 1}, {Asleep, 1}, {Asleep ++ ";[waiting]", hibernated},
     {"awake/0", 1}, {"awake/0", of_awake},
     {"@hibernates/0;erlang:spawn_monitor/3;awake/0", 1}, {"@hibernates/0;erlang:spawn_monitor/3;awake/0", of_awake}];
truth(suspended) ->
    [{"suspended/0", 1}, {"suspended/0;erlang:spawn/1", 1},
     {"suspended/0;work/0", 1}, {"suspended/0;work/0", work},
     {"suspended/0;work/0;[runnable]", {at_least, held}}, {"suspended/0;work/0;[waiting]", none}];
truth(killed) ->
    [{"killed/0", 1}, {"killed/0;erlang:spawn/1", 1}, {"killed/0;sleeps/0", 1}, {"killed/0;sleeps/0;[waiting]", life}];
truth(quits) ->
    [{"quits/0", 1}, {"quits/0;leave/0", 1}, {"quits/0;leave/0;[waiting]", before},
     {"quits/0;leave/0;erlang:exit/1", 1}];
truth(talks) ->
    [{"talks/0", 1}, {"talks/0;erlang:spawn/3", 1},
     {"talks/0;ask/2", 6}, {"talks/0;ask/2;[waiting]", asked},
     {"server/0", 6}, {"server/0;answer/0", 5}, {"server/0;answer/0", answered},
     {"@talks/0;erlang:spawn/3;server/0;answer/0", 5}];
truth(shared) ->
    [{"shared/0", 1},
     {"shared/0;compete/0", 1}, {"shared/0;compete/0;[runnable]", away}, {"shared/0;compete/0;[waiting]", none}].
