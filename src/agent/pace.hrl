%% Naps of the relay. To send to a process that waits means to wake it, and that costs a traced process 5 to 15 microseconds where an event
%% costs less than one: as long as its events do not come densely each of them wakes the relay. (Seen on OTP 25 to 29: of 50 microseconds of
%% a server's work `running` alone made 78, and 50 with a tracer that never waits.) Who is suspended is not woken, so the pacer suspends
%% the relay whenever its queue is short, for a few milliseconds; when the pacer ends the VM lets the relay go on. The relay may not wait for a timer
%% meanwhile: OTP 29 loses those of suspended processes. Part of the agent's one module (agent.erl).

-define(NAP_MS, 5).
-define(NAP_LATE_MS, 50).
-define(NAP_REST_MS, 10000).
-define(NAP_QUEUE, 500).  % with more in its queue the relay goes on

%% Where calls are waited for the relay has to be quick.
pacer({_, _, Functions}) when map_size(Functions) > 0 -> none;
pacer(_) ->
    Relay = self(),
    helper(fun() ->
                   erlang:monitor(process, Relay),
                   pace(Relay)
           end, [link, {priority, high}]).

pace(Relay) ->
    Relay ! {nap, self()},
    receive
        nap -> take_nap(Relay);
        {'DOWN', _, process, Relay, _} -> ok
    end.

%% A timer is its scheduler's: while a NIF holds that up nobody wakes. One nap is overslept then, and there is no other for a while.
take_nap(Relay) ->
    Begin = now_ms(),
    try
        erlang:suspend_process(Relay),
        receive after ?NAP_MS -> ok end,
        erlang:resume_process(Relay)
    of _ ->
        now_ms() - Begin > ?NAP_LATE_MS andalso receive after ?NAP_REST_MS -> ok end,
        pace(Relay)
    catch error:badarg -> ok % it has ended: no reason to be in the node's log
    end.

%% Behind everything that was in the queue.
nap(Pacer) ->
    case process_info(self(), message_queue_len) of
        {message_queue_len, Queue} when Queue > ?NAP_QUEUE -> self() ! {nap, Pacer};
        _ -> Pacer ! nap
    end.

stop_pacer(#r{pacer = none}) -> ok;
stop_pacer(#r{pacer = Pacer}) ->
    unlink(Pacer),
    exit(Pacer, kill).
