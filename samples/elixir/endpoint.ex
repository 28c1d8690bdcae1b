defmodule Talk.Endpoint do
  @moduledoc """
  Plain HTTP over gen_tcp. One process answers one request after another, so that there is one process to look at; only
  a search, which takes longer, has a process of its own.
  """

  def child_spec(port), do: %{id: __MODULE__, start: {__MODULE__, :start_link, [port]}}

  def start_link(port), do: :proc_lib.start_link(__MODULE__, :init, [port])

  def init(port) do
    options = [:binary, packet: :http_bin, active: false, reuseaddr: true, backlog: 64, ip: {127, 0, 0, 1}]
    {:ok, listener} = :gen_tcp.listen(port, options)
    Process.register(self(), __MODULE__)
    :proc_lib.init_ack({:ok, self()})
    accept(listener)
  end

  defp accept(listener) do
    {:ok, socket} = :gen_tcp.accept(listener)
    serve(socket)
    accept(listener)
  end

  defp serve(socket) do
    with {:ok, {:http_request, :GET, {:abs_path, path}, _version}} <- :gen_tcp.recv(socket, 0, 5_000),
         :ok <- skip_headers(socket) do
      case String.split(path, "/", trim: true) do
        ["search", question] -> hand_over(socket, fn -> search(socket, question) end)
        path -> reply(socket, answer(path))
      end
    else
      _ -> :gen_tcp.close(socket)
    end
  end

  # It may reply and close before the socket is its own: whose a socket is matters only when that process ends.
  defp hand_over(socket, serve) do
    :gen_tcp.controlling_process(socket, :proc_lib.spawn(serve))
  end

  defp search(socket, question) do
    found = question |> URI.decode_www_form() |> Talk.Search.find()
    reply(socket, {"200 OK", found})
  end

  defp reply(socket, {status, body}) do
    :gen_tcp.send(socket, response(status, body))
    :gen_tcp.close(socket)
  end

  defp skip_headers(socket) do
    case :gen_tcp.recv(socket, 0, 5_000) do
      {:ok, :http_eoh} -> :ok
      {:ok, _header} -> skip_headers(socket)
      {:error, _reason} = error -> error
    end
  end

  defp answer(["fib", n]), do: with_number(n, 0..30, &Talk.Fib.fib/1)
  defp answer(["mix", n]), do: with_number(n, 1..10_000, &Talk.Mix.work/1)
  defp answer(["ask", word]), do: {"200 OK", Talk.Desk.ask(word)}
  defp answer(_other), do: {"404 Not Found", "try /fib/24, /mix/200, /ask/elixir or /search/elixir"}

  defp with_number(text, range, function) do
    with {n, ""} <- Integer.parse(text), true <- n in range do
      {"200 OK", to_string(function.(n))}
    else
      _ -> {"400 Bad Request", "a number in #{inspect(range)}, please"}
    end
  end

  defp response(status, body) do
    [
      "HTTP/1.1 #{status}\r\ncontent-type: text/plain; charset=utf-8\r\n",
      "content-length: #{byte_size(body) + 1}\r\nconnection: close\r\n\r\n",
      body,
      "\n"
    ]
  end
end
