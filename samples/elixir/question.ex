# A question travels: Desk (front node) -> Librarian (back) -> Archive (back), and on the way back the Librarian asks
# the Translator (front) for the words that the asker understands.

defmodule Talk.Desk do
  use GenServer

  def start_link(back), do: GenServer.start_link(__MODULE__, back, name: __MODULE__)
  def ask(word), do: GenServer.call(__MODULE__, {:ask, word})

  @impl true
  def init(back), do: {:ok, %{back: back, asked: 0}}

  @impl true
  def handle_call({:ask, word}, _from, %{back: back, asked: asked} = state) do
    answer = GenServer.call({Talk.Librarian, back}, {:find, String.downcase(word)})
    {:reply, "#{word}: #{answer}", %{state | asked: asked + 1}}
  end
end

defmodule Talk.Librarian do
  use GenServer

  def start_link(front), do: GenServer.start_link(__MODULE__, front, name: __MODULE__)

  @impl true
  def init(front), do: {:ok, front}

  @impl true
  def handle_call({:find, word}, _from, front) do
    card = Talk.Archive.look_up(word)
    {:reply, GenServer.call({Talk.Translator, front}, {:explain, card}), front}
  end
end

defmodule Talk.Archive do
  @moduledoc "Looks through every shelf for every question; the disk takes its time."
  use GenServer

  @shelves 200
  @disk_ms 2

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
  def look_up(word), do: GenServer.call(__MODULE__, {:look_up, word})

  @impl true
  def init(_), do: {:ok, for(shelf <- 1..@shelves, do: {shelf, :erlang.phash2(shelf)})}

  @impl true
  def handle_call({:look_up, word}, _from, shelves) do
    Process.sleep(@disk_ms)
    {shelf, _distance} = shelves |> Enum.map(&measure(&1, word)) |> Enum.min_by(&elem(&1, 1))
    {:reply, {word, shelf}, shelves}
  end

  defp measure({shelf, mark}, word), do: {shelf, abs(mark - :erlang.phash2(word))}
end

defmodule Talk.Translator do
  use GenServer

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  @impl true
  def init(_), do: {:ok, %{}}

  @impl true
  def handle_call({:explain, {word, shelf}}, _from, seen) do
    seen = Map.update(seen, word, 1, &(&1 + 1))
    {:reply, "on shelf #{shelf}, asked for #{seen[word]} times", seen}
  end
end
