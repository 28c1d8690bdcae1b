%% Batches: what the relay has packed goes to the profiler as far as its credit reaches. Part of the agent's one module
%% (agent.erl).

%% Definitions come first, then a chunk for every process that has new events.

flush(R = #r{sampled = true, defs = [], batch_events = 0}) -> R; % of a whole node's processes few change
flush(R = #r{processes = Processes, defs = Defs, batch_events = Events}) ->
    {Chunks, Left} = maps:fold(fun chunk/3, {[], Processes}, Processes),
    case Defs =:= [] andalso Chunks =:= [] of
        true -> R;
        false -> enqueue(iolist_to_binary([lists:reverse(Defs) | Chunks]), Events, R#r{defs = [], batch_events = 0, processes = Left})
    end.

chunk(_, #p{acc = <<>>}, Sum) -> Sum;
chunk(Pid, P = #p{id = Id, acc = Acc, base = Base, clock = Clock}, {Chunks, Left}) ->
    {[<<16#83, Id:32, Base:64, (byte_size(Acc)):32, Acc/binary>> | Chunks],
     case P#p.out of
         gone -> maps:remove(Pid, Left);
         _ -> Left#{Pid := P#p{acc = <<>>, base = Clock, last = none, named = last_named(P)}}
     end}.

enqueue(Batch, Events, R = #r{pending = Pending, pending_bytes = Bytes}) ->
    send_pending(R#r{pending = queue:in({Batch, Events}, Pending), pending_bytes = Bytes + byte_size(Batch)}).

%% Never waits: a busy connection refuses, and the next tick or answer tries again.
send_pending(R = #r{unanswered = Unanswered}) when Unanswered >= ?WINDOW -> R;
send_pending(R = #r{pending = Pending, unanswered = Unanswered, share = {Index, _, _}}) ->
    case queue:out(Pending) of
        {empty, _} -> R;
        {{value, {Batch, _}}, Rest} ->
            {message_queue_len, Queue} = process_info(self(), message_queue_len),
            case erlang:send(R#r.client, {flambeau, batch, Batch, Queue, Index}, [nosuspend, noconnect]) of
                ok ->
                    Answered = case Unanswered of 0 -> now_ms(); _ -> R#r.answered_ms end,
                    send_pending(R#r{pending = Rest, pending_bytes = R#r.pending_bytes - byte_size(Batch),
                                     unanswered = Unanswered + 1, answered_ms = Answered});
                _ -> R
            end
    end.

%% The end: nothing is emitted any more; the profiler gets what is left as long as it answers.
drain(R = #r{unanswered = Unanswered, pending = Pending, answered_ms = Answered}) ->
    Unanswered =:= 0 andalso queue:is_empty(Pending) andalso drained(0, R),
    receive
        {ack, Count} ->
            drain(send_pending(R#r{unanswered = max(0, R#r.unanswered - Count), answered_ms = now_ms()}));
        {'EXIT', _, _} ->
            exit(normal)
    after 50 ->
        case now_ms() - Answered > ?DRAIN_MS of
            true -> drained(lists:sum([Events || {_, Events} <- queue:to_list(R#r.pending)]), R);
            false -> drain(send_pending(R))
        end
    end.

drained(Lost, #r{control = Control, summary = Summary}) ->
    Control ! {drained, Lost, Summary},
    receive {'EXIT', Control, _} -> exit(normal) end.
