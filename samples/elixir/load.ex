defmodule Talk.Load do
  @moduledoc "A client that keeps asking the endpoint, always the same questions in the same order."

  @paths ~w(/ask/elixir /fib/18 /mix/200 /ask/erlang /ask/beam /search/elixir)
  @pause_ms 10

  def child_spec(port), do: %{id: __MODULE__, start: {__MODULE__, :start_link, [port]}}

  def start_link(port), do: :proc_lib.start_link(__MODULE__, :init, [port])

  def init(port) do
    Process.register(self(), __MODULE__)
    :proc_lib.init_ack({:ok, self()})
    ask(@paths, port)
  end

  defp ask([], port), do: ask(@paths, port)

  defp ask([path | rest], port) do
    {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, port, [:binary, active: false])
    :ok = :gen_tcp.send(socket, "GET #{path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
    "HTTP/1.1 200 OK" <> _ = receive_all(socket, "")
    :gen_tcp.close(socket)
    Process.sleep(@pause_ms)
    ask(rest, port)
  end

  defp receive_all(socket, received) do
    case :gen_tcp.recv(socket, 0, 30_000) do
      {:ok, bytes} -> receive_all(socket, received <> bytes)
      {:error, :closed} -> received
    end
  end
end
