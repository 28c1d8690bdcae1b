%% What a member of a cluster notices of others: who is connected to it, and who came and went since watch().
-module(cluster).

-export([watch/0, noticed/0, members/0]).

watch() ->
    Asker = self(),
    spawn(fun() ->
                  register(?MODULE, self()),
                  ok = net_kernel:monitor_nodes(true, [{node_type, all}]),
                  Asker ! watching,
                  keep([])
          end),
    receive watching -> ok end.

noticed() ->
    ?MODULE ! {noticed, self()},
    receive {?MODULE, Events} -> Events end.

members() ->
    [lists:sort(nodes(Kind)) || Kind <- [visible, hidden]].

keep(Events) ->
    receive
        {noticed, Asker} ->
            Asker ! {?MODULE, lists:reverse(Events)},
            keep(Events);
        {Event, Node, _Info} ->
            keep([[Event, Node] | Events])
    end.
