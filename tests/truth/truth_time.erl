%% Where time goes that no traced function spends: BIFs, NIFs, sleeps, files, other programs.
-module(truth_time).

-export([bifs/0, sleeps/0, dirty/0, files/0, ports/0, asleep/0, truth/1]).

bifs() ->
    Bytes = binary:copy(<<"abcdefgh">>, 1000000),
    List = lists:seq(1, 2000000),
    truth:began(hash),
    hash(Bytes, 5),
    truth:ended(hash),
    truth:began(member),
    search(List, 10),
    truth:ended(member),
    truth:began(matches),
    [] = binary:matches(Bytes, <<"zz">>),
    truth:ended(matches),
    ok.

hash(_, 0) -> ok;
hash(Bytes, N) -> erlang:md5(Bytes), hash(Bytes, N - 1).

search(_, 0) -> ok;
search(List, N) -> false = lists:member(none, List), search(List, N - 1).

sleeps() ->
    truth:began(sleep),
    timer:sleep(200),
    truth:ended(sleep),
    truth:began(pause),
    pause(),
    truth:ended(pause),
    truth:burn(work, 200),
    truth:began(answer),
    ask(self()),
    truth:ended(answer).

pause() -> receive after 300 -> ok end.

ask(Asker) ->
    Answerer = spawn(fun() -> timer:sleep(250), Asker ! answer end),
    receive answer -> Answerer end.

%% A NIF that runs on a dirty scheduler.
dirty() ->
    truth:nap(before, 100),
    truth:began(derive),
    <<_:32/binary>> = crypto:pbkdf2_hmac(sha256, <<"secret">>, <<"salt">>, 600000, 32),
    truth:ended(derive),
    truth:nap(afterwards, 200).

files() ->
    File = filename:join(os:getenv("HOME"), "truth.bytes"),
    ok = file:write_file(File, binary:copy(<<"0123456789abcdef">>, 1 bsl 20)),
    truth:began(read),
    read(File, 20),
    truth:ended(read),
    ok = file:delete(File),
    truth:nap(rest, 100).

read(_, 0) -> ok;
read(File, N) -> {ok, <<_:(16 bsl 20)/binary>>} = file:read_file(File), read(File, N - 1).

ports() ->
    Cat = open_port({spawn_executable, "/bin/cat"}, [binary, stream]),
    truth:began(echo),
    echo(Cat, 50),
    truth:ended(echo),
    true = port_close(Cat),
    Sleep = open_port({spawn_executable, "/bin/sleep"}, [{args, ["0.3"]}, exit_status]),
    truth:began(program),
    await(Sleep),
    truth:ended(program).

echo(_, 0) -> ok;
echo(Cat, N) ->
    Cat ! {self(), {command, <<"x">>}},
    receive {Cat, {data, <<"x">>}} -> echo(Cat, N - 1) end.

await(Port) -> receive {Port, {exit_status, 0}} -> ok end.

asleep() ->
    truth:tell(ready, 1),
    receive never -> ok end.

truth(bifs) ->
    [{"bifs/0", 1}, {"bifs/0;binary:copy/2", 1}, {"bifs/0;lists:seq/2", 1},
     {"bifs/0;hash/2", 6}, {"bifs/0;hash/2;erlang:md5/1", 5}, {"bifs/0;hash/2;erlang:md5/1", hash},
     {"bifs/0;search/2", 11}, {"bifs/0;search/2;lists:member/2", 10}, {"bifs/0;search/2;lists:member/2", member},
     {"bifs/0;binary:matches/2", 1}, {"bifs/0;binary:matches/2", matches},
     {"bifs/0;hash/2;erlang:md5/1;[waiting]", none}, {"bifs/0;search/2;lists:member/2;[waiting]", none},
     {"bifs/0;binary:matches/2;[waiting]", none}];
truth(sleeps) ->
    [{"sleeps/0", 1},
     {"sleeps/0;timer:sleep/1", 1}, {"sleeps/0;timer:sleep/1;[waiting]", sleep},
     {"sleeps/0;pause/0", 1}, {"sleeps/0;pause/0;[waiting]", pause},
     {"sleeps/0;ask/1", 1}, {"sleeps/0;ask/1;erlang:spawn/1", 1}, {"sleeps/0;ask/1;[waiting]", answer}];
truth(dirty) ->
    [{"dirty/0", 1},
     {"dirty/0;crypto:pbkdf2_hmac/5", 1}, {"dirty/0;crypto:pbkdf2_hmac/5", derive},
     {"dirty/0;crypto:pbkdf2_hmac/5;[waiting]", none}];
truth(files) ->
    [{"files/0", 1}, {"files/0;os:getenv/1", 1}, {"files/0;filename:join/2", 1}, {"files/0;binary:copy/2", 1},
     {"files/0;file:write_file/2", 1}, {"files/0;file:delete/1", 1},
     {"files/0;read/2", 21}, {"files/0;read/2;file:read_file/1", 20}, {"files/0;read/2", read}];
truth(ports) ->
    [{"ports/0", 1}, {"ports/0;erlang:open_port/2", 2}, {"ports/0;erlang:port_close/1", 1},
     {"ports/0;echo/2", 51}, {"ports/0;echo/2", echo},
     {"ports/0;await/1", 1}, {"ports/0;await/1;[waiting]", program}];
truth(asleep) ->
    [{"asleep/0;[waiting]", all}].
