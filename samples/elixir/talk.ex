defmodule Talk do
  @moduledoc """
  A conference demo without a framework, on two nodes. The front node answers HTTP on loopback:

      GET /fib/24       a slow Fibonacci
      GET /mix/200      one call that mixes several kinds of work
      GET /ask/elixir   a question that travels: Desk (front) -> Librarian (back) -> Archive (back)
                        -> Translator (front), and the answer comes back the same way
      GET /search/beam  looks through the programme; slower than it should be

  The back node holds the Librarian and the Archive and ends when the front node is gone.
  """

  @doc "Starts the front node's processes; with `load: true` a client that keeps asking."
  def start_front(back, port, options \\ []) do
    :ok = await_back(back, 100)
    load = if options[:load], do: [{Talk.Load, port}], else: []
    start([Talk.Translator, Talk.Programme, {Talk.Desk, back}, {Talk.Endpoint, port}] ++ load)
  end

  def start_back(front), do: start([{Talk.Librarian, front}, Talk.Archive, {Talk.Leash, front}])

  defp await_back(_back, 0), do: {:error, :no_back_node}

  defp await_back(back, tries) do
    if is_pid(:rpc.call(back, Process, :whereis, [Talk.Leash])) do
      :ok
    else
      Process.sleep(200)
      await_back(back, tries - 1)
    end
  end

  # Whoever evaluates this ends; the supervisor must not end with it.
  defp start(children) do
    {:ok, supervisor} = Supervisor.start_link(children, strategy: :one_for_one, name: Talk.Supervisor)
    Process.unlink(supervisor)
    :ok
  end
end

defmodule Talk.Leash do
  @moduledoc "Ends this node when the other one is gone, or does not come."
  use GenServer

  @patience_ms 60_000

  def start_link(node), do: GenServer.start_link(__MODULE__, node, name: __MODULE__)

  @impl true
  def init(node) do
    :ok = :net_kernel.monitor_nodes(true)
    Process.send_after(self(), :patience_ends, @patience_ms)
    {:ok, node}
  end

  @impl true
  def handle_info({:nodedown, node}, node), do: stop(node)
  def handle_info(:patience_ends, node), do: if(node in Node.list(), do: {:noreply, node}, else: stop(node))
  def handle_info(_other, node), do: {:noreply, node}

  defp stop(node) do
    System.stop()
    {:noreply, node}
  end
end
